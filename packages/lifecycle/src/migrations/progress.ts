import type { Context } from '../context.ts';
import type { MigrationSection } from './migration-file.ts';
import { migrationError } from './sql-error.ts';
import type { Unit } from './unit.ts';

/** Where a run over units is: for what is said on the way, and for the place of an error. */
export interface Progress {
  /** Those that are not finished; sending begins with the first of them (again). */
  rest(): readonly Unit[];
  /** The next unit is being sent. The server may still work on one before it. */
  begin(): void;
  /** This part of the unit that was begun last is being sent. */
  send(section: MigrationSection): void;
  /** The server is done with the next one; they finish in order. */
  finish(): void;
  /** The unit that the server works on, or stopped at; `undefined` before the first was sent. */
  current(): Unit | undefined;
  /** The error of the unit that the server stopped at. */
  toError(cause: unknown): unknown;
}

export interface ProgressOptions extends Pick<Context, 'onProgress'> {
  readonly onFinished?: (unit: Unit) => void;
  /** Whether what is finished stays when a later one fails. */
  readonly keeps: boolean;
}

export function createProgress(units: readonly Unit[], { onProgress, onFinished, keeps }: ProgressOptions): Progress {
  const sections: MigrationSection[] = [];
  let begun = 0;
  let finished = 0;
  let announced = 0;
  const announce = (): void => {
    if (finished >= begun || announced > finished) return;
    announced = finished + 1;
    const { direction, migration } = units[finished]!;
    onProgress?.(`${direction === 'up' ? 'applying' : 'undoing'} ${migration.name} (${announced} of ${units.length})`);
  };
  const current = (): Unit | undefined => (finished < begun ? units[finished] : undefined);
  return {
    rest() {
      begun = finished;
      announced = finished;
      return units.slice(finished);
    },
    begin() {
      begun += 1;
      announce();
    },
    send(section) {
      sections[begun - 1] = section;
    },
    finish() {
      onFinished?.(units[finished]!);
      finished += 1;
      announce();
    },
    current,
    toError(cause) {
      const unit = current();
      if (unit === undefined) return cause;
      const { migration, direction } = unit;
      const section = sections[finished] ?? unit.sections[0] ?? migration.up;
      const kept = keeps ? units.slice(0, finished).map((each) => each.migration.name) : [];
      return migrationError({ migration, direction, section, kept, cause });
    },
  };
}
