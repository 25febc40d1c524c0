import { splitName } from './references-definition.ts';

/** What can be done to a table's rows, as `GRANT` calls it. */
export const TABLE_VERBS = ['select', 'insert', 'update', 'delete'] as const;

export type TableVerb = (typeof TABLE_VERBS)[number];

/** What the roles of a database may do with one table, where that is less than they may by default. */
export interface TableAccess {
  /** What the runtime role may do. Default: all four. */
  readonly app?: readonly TableVerb[];
  /** The columns that the read-only role sees; none when the list is empty. Default: all of them. */
  readonly read?: readonly string[];
}

/** By table, `users` or `tracking.vehicles`; `*` is for every table that is not named. */
export type AccessDefinition = Readonly<Record<string, TableAccess>>;

/** Stands for every table that has no entry of its own. */
export const EVERY_TABLE = '*';

const KEYS: ReadonlySet<string> = new Set<keyof TableAccess>(['app', 'read']);
const VERBS: ReadonlySet<unknown> = new Set(TABLE_VERBS);

/** Everything that is wrong with the `access` of a definition. */
export function findAccessFaults(access: unknown): string[] {
  if (typeof access !== 'object' || access === null || Array.isArray(access)) return ['access must be an object'];
  return Object.entries(access).flatMap(([table, each]) =>
    [...findTableFaults(table), ...findFaults(table, each)].map((fault) => `access["${table}"]: ${fault}`),
  );
}

function findTableFaults(table: string): string[] {
  const length = table === EVERY_TABLE ? 1 : splitName(table)?.length;
  return length === 1 || length === 2 ? [] : ['its key must be a table, schema.table, or *'];
}

function findFaults(table: string, access: unknown): string[] {
  if (typeof access !== 'object' || access === null) return ['it is not an object'];
  const { app, read, ...rest } = access as Record<string, unknown>;
  const faults = Object.keys(rest).flatMap((key) => (KEYS.has(key) ? [] : [`"${key}" is not a known key`]));
  if (app !== undefined && !(Array.isArray(app) && app.every((verb) => VERBS.has(verb)))) {
    faults.push(`app must be a list of: ${TABLE_VERBS.join(', ')}`);
  }
  if (read === undefined) return faults;
  if (!Array.isArray(read) || !read.every((column) => typeof column === 'string' && column !== '')) {
    faults.push('read must be a list of columns');
  } else if (table === EVERY_TABLE && read.length > 0) {
    faults.push('read can only be the empty list here: tables do not share their columns');
  }
  return faults;
}
