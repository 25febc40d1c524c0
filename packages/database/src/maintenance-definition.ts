import { splitName } from './references-definition.ts';

/** Rows that are of no use for ever. */
export interface ExpiredRows {
  /** `auth_tokens` or `tracking.positions`; without a schema it is in `public`. */
  readonly table: string;
  /** A column of type `timestamptz`: when the row expired, or was made. A null never expires. */
  readonly column: string;
  /** Whole days after that for which the row is kept. */
  readonly keepDays: number;
}

/** A function `(from_date date, months integer) RETURNS integer` that makes the partitions which are not there. */
export interface PartitionMaker {
  /** `create_tracking_partitions` or `tracking.create_partitions`. */
  readonly function: string;
  /** How many months there shall be, this one counted. */
  readonly months: number;
}

/**
 * A table by which an application asks for the deletion of a row with all that refers to it in other databases. It has
 * the columns `state` (`requested`, `refused` or `done`), `requested_at`, `reason`, `details` (jsonb) and `finished_at`.
 */
export interface RequestedDeletions {
  readonly table: string;
  /** Its column that names the row which is to go. */
  readonly key: string;
  /** The column of this database that is meant, such as `users.id`. */
  readonly target: string;
}

/** What `atriz maintain` does to a database beside gathering statistics; see docs/maintenance.md. */
export interface MaintenanceDefinition {
  readonly expired?: readonly ExpiredRows[];
  readonly partitions?: readonly PartitionMaker[];
  readonly deletions?: RequestedDeletions;
}

/** A log whose rows are bound together by hashes; see docs/audit.md for what the table must be. */
export interface AuditDefinition {
  /** Beside it stands `<table>_head`. */
  readonly table: string;
}

/** What a field of a declaration must be; the answer is what is wrong with it. */
type Rule = (value: unknown) => string | undefined;
type Shape = Readonly<Record<string, Rule>>;

const MOST = 36_500;

const tableName: Rule = (value) => (isName(value, [1, 2]) ? undefined : 'must be a name, or schema.name');
const columnName: Rule = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'must be a non-empty string';
const targetName: Rule = (value) =>
  isName(value, [2, 3]) ? undefined : 'must be table.column, or schema.table.column';
const count =
  (least: number): Rule =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= MOST
      ? undefined
      : `must be a whole number from ${least} to ${MOST}`;

const EXPIRED: Shape = { table: tableName, column: columnName, keepDays: count(0) };
const PARTITIONS: Shape = { function: tableName, months: count(1) };
const DELETIONS: Shape = { table: tableName, key: columnName, target: targetName };
const AUDIT: Shape = { table: tableName };

/** Everything that is wrong with the `maintenance` of a definition, as far as the definition alone can tell. */
export function findMaintenanceFaults(maintenance: unknown): string[] {
  if (!isObject(maintenance)) return ['maintenance must be an object'];
  return Object.entries(maintenance).flatMap(([key, value]) => {
    const name = `maintenance.${key}`;
    if (key === 'expired') return findListFaults(name, value, EXPIRED);
    if (key === 'partitions') return findListFaults(name, value, PARTITIONS);
    if (key === 'deletions') return findShapeFaults(name, value, DELETIONS);
    return [`"${name}" is not a known key`];
  });
}

/** Everything that is wrong with the `audit` of a definition. */
export function findAuditFaults(audit: unknown): string[] {
  return findShapeFaults('audit', audit, AUDIT);
}

function findListFaults(name: string, list: unknown, shape: Shape): string[] {
  if (!Array.isArray(list)) return [`${name} must be an array`];
  return list.flatMap((each: unknown, index) => findShapeFaults(`${name}[${index}]`, each, shape));
}

function findShapeFaults(name: string, value: unknown, shape: Shape): string[] {
  if (!isObject(value)) return [`${name} must be an object`];
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(shape, key));
  const wrong = Object.entries(shape).flatMap(([key, rule]) => {
    const fault = rule(value[key]);
    return fault === undefined ? [] : [`${name}.${key} ${fault}`];
  });
  return [...unknown.map((key) => `"${name}.${key}" is not a known key`), ...wrong];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isName(value: unknown, lengths: readonly number[]): boolean {
  const parts = typeof value === 'string' ? splitName(value) : undefined;
  return parts !== undefined && lengths.includes(parts.length) && parts.every((part) => Buffer.byteLength(part) <= 63);
}
