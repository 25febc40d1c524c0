import { structuredPatch } from 'diff';
import { keyOf } from './catalog.ts';
import type { Difference } from './compare.ts';

/** How the two sides of a comparison are spoken of. */
export interface Wording {
  readonly missing: string;
  readonly unexpected: string;
  readonly is: (actual: string, expected: string) => string;
  readonly has: (actual: string, expected: string) => string;
  /** Of a function or a view, whose texts are then shown side by side. */
  readonly text: string;
  readonly may: {
    readonly missing: (privileges: string) => string;
    readonly unexpected: (privileges: string) => string;
    readonly changed: (actual: string, expected: string) => string;
  };
}

/** A live database beside what the migrations make. */
export const DRIFT: Wording = {
  missing: 'is missing in the database',
  unexpected: 'is in the database, but no migration makes it',
  is: (actual, expected) => `is ${actual}, the migrations make it ${expected}`,
  has: (actual, expected) => `has ${actual}, the migrations give it ${expected}`,
  text: 'was changed by hand',
  may: {
    missing: (privileges) => `may not ${privileges}, which the migrations let it`,
    unexpected: (privileges) => `may ${privileges}, which no migration lets it`,
    changed: (actual, expected) => `may ${actual}, the migrations let it ${expected}`,
  },
};

/** What a Down section leaves, beside what was before its Up. */
export const UNDO: Wording = {
  missing: 'is gone',
  unexpected: 'is still there',
  is: (actual, expected) => `is ${actual}, and was ${expected} before`,
  has: (actual, expected) => `has ${actual}, and had ${expected} before`,
  text: 'is not what it was before',
  may: {
    missing: (privileges) => `may no longer ${privileges}`,
    unexpected: (privileges) => `may still ${privileges}`,
    changed: (actual, expected) => `may ${actual}, and before it ${expected}`,
  },
};

/** One file that was made of several, beside those. */
export const SQUASH: Wording = {
  missing: 'is made by the old files only',
  unexpected: 'is made by the new file only',
  is: (actual, expected) => `is ${actual} by the new file, ${expected} by the old ones`,
  has: (actual, expected) => `has ${actual} by the new file, ${expected} by the old ones`,
  text: 'is not the same by the new file as by the old ones',
  may: {
    missing: (privileges) => `may ${privileges} by the old files only`,
    unexpected: (privileges) => `may ${privileges} by the new file only`,
    changed: (actual, expected) => `may ${actual} by the new file, ${expected} by the old ones`,
  },
};

const TEXTS = new Set(['function', 'procedure', 'view', 'materialized view']);

/** A database that was rebuilt beside the one that it is to be a copy of. */
export const COPY: Wording = {
  missing: 'is not made by the migrations in the ledger',
  unexpected: 'is made by the migrations in the ledger, and was not there',
  is: (actual, expected) => `is ${actual} in the copy, and was ${expected}`,
  has: (actual, expected) => `has ${actual} in the copy, and had ${expected}`,
  text: 'is not what it was',
  may: {
    missing: (privileges) => `may not ${privileges} in the copy`,
    unexpected: (privileges) => `may ${privileges} in the copy only`,
    changed: (actual, expected) => `may ${actual} in the copy, and might ${expected}`,
  },
};

/** What an object is, rather than has; and what it is where nothing is said of it. */
const IS: Readonly<Record<string, string>> = {
  definition: 'nothing',
  type: 'untyped',
  nullability: 'nullable',
  generation: 'not generated',
  identity: 'no identity',
  partitioning: 'not partitioned',
  partition: 'no partition',
  inheritance: 'no child of another',
  persistence: 'logged',
  state: 'enabled',
  validity: 'valid',
  validation: 'validated',
  clustering: 'not the one to cluster by',
  'row-level security': 'without row-level security',
  column: 'owned by no column',
};

/** Tells a difference as a person would, in one line; where a text was changed, with the lines that differ below it. */
export function describeDifference(difference: Difference, wording: Wording): string {
  const { change, object, property, expected, actual } = difference;
  const subject = keyOf(object);
  if (object.kind === 'role') return `${subject} ${describeGrant(difference, wording)}`;
  if (change !== 'changed') return `${subject} ${wording[change]}`;
  if (property === 'definition' && TEXTS.has(object.kind)) {
    return `${subject} ${wording.text}:\n${changedLines(expected ?? '', actual ?? '')}`;
  }
  const absent = IS[property!];
  if (absent !== undefined) return `${subject} ${wording.is(state(property!, actual), state(property!, expected))}`;
  const [has, had] = [actual, expected].map((value) => possession(property!, value));
  return `${subject} ${wording.has(has!, had!)}`;
}

function describeGrant({ change, object, expected, actual }: Difference, { may }: Wording): string {
  if (change === 'changed') return may.changed(actual ?? 'nothing', expected ?? 'nothing');
  return may[change](object.properties['privileges']!);
}

function state(property: string, value: string | undefined): string {
  if (value === undefined) return IS[property]!;
  return property === 'row-level security' ? 'under row-level security' : value;
}

function possession(property: string, value: string | undefined): string {
  if (value === undefined) return property === 'owner' ? 'no owner of its own' : `no ${property}`;
  return `the ${property} ${property === 'comment' ? `'${value}'` : value}`;
}

/** The lines that differ, with one around them: `-` as expected, `+` as it is. */
function changedLines(expected: string, actual: string): string {
  const { hunks } = structuredPatch('', '', expected, actual, undefined, undefined, { context: 1 });
  const shown = hunks.map(({ lines }) =>
    lines
      .filter((line) => !line.startsWith('\\'))
      .map((line) => `    ${line}`.trimEnd())
      .join('\n'),
  );
  return shown.join('\n    …\n');
}
