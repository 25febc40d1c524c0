import { keyOf } from './catalog.ts';
import type { Difference } from './compare.ts';
import { describeDifference, type Wording } from './sentence.ts';

/** A difference as it is told: to a person by `sentence`, to a machine by the rest. */
export interface Finding {
  readonly change: Difference['change'];
  /** PostgreSQL's word for the object: `column`, `index`, `function`, …; `role` for what a role may do. */
  readonly kind: string;
  /** Such as `table vehicles: column plate`. */
  readonly name: string;
  /** What of it was changed. */
  readonly property?: string;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  /** One line; of a function or a view followed by the lines that differ. */
  readonly sentence: string;
}

export function toFinding(difference: Difference, wording: Wording): Finding {
  const { object, ...rest } = difference;
  return { ...rest, kind: object.kind, name: keyOf(object), sentence: describeDifference(difference, wording) };
}
