import {
  BACKUP_AGE_VARIABLE,
  readSafety,
  SAFETY_SWITCHES,
  type Environment,
  type FamilyDatabase,
} from '@atriz/database/workspace';
import type { Cell } from '../output/terminal.ts';

/** A safety switch as it stands for one database. */
export interface SafetyRow {
  readonly variable: string;
  readonly value: boolean | number;
  /** Where it is set; `null` for the default of the environment. */
  readonly from: string | null;
}

/** The switches that hold for a database; throws `SETTING_INVALID`. */
export function readSafetyRows(environment: Environment): SafetyRow[] {
  const safety = readSafety(environment);
  const rows = Object.entries(SAFETY_SWITCHES).map(([key, variable]): SafetyRow => {
    const { on, setBy } = safety[key as keyof typeof SAFETY_SWITCHES];
    return { variable, value: on, from: setBy?.from ?? null };
  });
  const age = environment.find(BACKUP_AGE_VARIABLE, ['process', 'root']);
  return [
    ...rows,
    { variable: BACKUP_AGE_VARIABLE, value: safety.migrationBackupMaxAgeHours, from: age?.from ?? null },
  ];
}

/**
 * One line for each switch; where databases differ, because a package's own `.env` sets `NODE_ENV`, one for each value,
 * with their names.
 */
export function safetyCells(
  checked: readonly { readonly database: FamilyDatabase; readonly safety: readonly SafetyRow[] }[],
): Cell[][] {
  const lines = Map.groupBy(
    checked.flatMap(({ database, safety }) => safety.map((row) => ({ name: database.name, row }))),
    ({ row }) => `${row.variable} ${row.value} ${row.from}`,
  );
  const order = checked[0]?.safety.map(({ variable }) => variable) ?? [];
  return [...lines.values()]
    .toSorted(([a], [b]) => order.indexOf(a!.row.variable) - order.indexOf(b!.row.variable))
    .map((same): Cell[] => {
      const { variable, value, from } = same[0]!.row;
      const whose = same.length === checked.length ? '' : ` (${same.map(({ name }) => name).join(', ')})`;
      return [
        { text: variable, style: 'bold' },
        { text: typeof value === 'number' ? String(value) : value ? 'on' : 'off' },
        { text: `${from ?? 'the default'}${whose}` },
      ];
    });
}
