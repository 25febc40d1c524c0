/** One database of a fleet: it has the definition's schema, and rows of its own. */
export interface Instance {
  /** What commands, reports and the database's own ledger call it, such as a tenant's or a shard's name. */
  readonly name: string;
  /** Its database's name on the server. Default: `name`. */
  readonly database?: string;
  /** Its server's host, where that is not the definition's own. */
  readonly host?: string;
  /** Its server's port, where that is not the definition's own. */
  readonly port?: number;
  /**
   * The variable that holds its whole connection string, past any pooler: for an instance with an account of its own.
   * Looked for as the definition's own is, in the process, then in the package's `.env`.
   */
  readonly urlVariable?: string;
}

/**
 * Where the names of a fleet's databases come from: they are listed, a query yields them, or they stand in a file.
 *
 * A query runs in `database`, another database of the family, or in the definition's own; its columns are `name` and,
 * where wanted, `database`, `host`, `port` and `url_variable`. A file, relative to the package, holds one name a line,
 * or, where it ends in `.json`, what would be listed.
 */
export type InstanceSource =
  | readonly (string | Instance)[]
  | { readonly query: string; readonly database?: string }
  | { readonly file: string };

/** What a source gave, and where it stood there, for the message: `tenants.txt:3`, `row 3`. */
export interface InstanceEntry {
  readonly value: unknown;
  readonly place: string;
}

const MAX_NAME_BYTES = 63;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u001F\u007F]/;
/** PostgreSQL's own; a query over pg_database yields them. */
const NOT_FOR_TENANTS = new Set(['postgres', 'template0', 'template1']);
const FIELDS: ReadonlySet<string> = new Set<keyof Instance>(['name', 'database', 'host', 'port', 'urlVariable']);
const SOURCES = 'a list, { query, database } or { file }';

/** What is wrong with a definition's `instances`, as far as it can be told without reading query or file. Pure. */
export function findSourceFaults(source: unknown): string[] {
  if (Array.isArray(source)) {
    const entries = source.map((value: unknown, index) => ({ value, place: `instances[${index}]` }));
    return parseInstances(entries).faults;
  }
  if (typeof source !== 'object' || source === null) return [`instances must be ${SOURCES}`];
  const { query, file, database, ...rest } = source as Readonly<Record<string, unknown>>;
  const faults = Object.keys(rest).map((key) => `instances.${key} is not a known key`);
  if ((query === undefined) === (file === undefined)) return [...faults, `instances must be ${SOURCES}`];
  if (file !== undefined && database !== undefined) faults.push('instances.database belongs to a query, not to a file');
  for (const [key, value] of Object.entries({ query, file, database })) {
    if (value === undefined || (typeof value === 'string' && value.trim() !== '')) continue;
    faults.push(`instances.${key} must be a non-empty string`);
  }
  return faults;
}

/**
 * Makes instances of what a source gave, and says what cannot be one; two of the same name, or of the same database on
 * the same server, are faults too. Pure. The instances keep the order of the entries.
 */
export function parseInstances(entries: readonly InstanceEntry[]): {
  readonly instances: readonly Instance[];
  readonly faults: string[];
} {
  const instances: Instance[] = [];
  const faults: string[] = [];
  const names = new Map<string, string>();
  const homes = new Map<string, string>();
  for (const { value, place } of entries) {
    const instance = typeof value === 'string' ? { name: value } : value;
    const found = findInstanceFaults(instance);
    faults.push(...found.map((fault) => `${place}: ${fault}`));
    if (found.length > 0) continue;
    const { name, database = name, host = '', port = '', urlVariable } = instance as Instance;
    const home = urlVariable === undefined ? JSON.stringify([host, port, database]) : `variable ${urlVariable}`;
    const twin = names.get(name);
    const neighbour = homes.get(home);
    if (twin !== undefined) faults.push(`${place}: "${name}" is there already, at ${twin}`);
    else if (neighbour !== undefined) faults.push(`${place}: "${name}" has the same database as ${neighbour}`);
    names.set(name, twin ?? place);
    homes.set(home, neighbour ?? place);
    instances.push(instance as Instance);
  }
  return { instances, faults };
}

function findInstanceFaults(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${JSON.stringify(value) ?? String(value)} is neither a name nor { name, … }`];
  }
  const { name, database = name, host, port, urlVariable, ...rest } = value as Readonly<Record<string, unknown>>;
  const faults = Object.keys(rest).map((key) => `${key} is not one of ${[...FIELDS].join(', ')}`);
  faults.push(...findNameFaults('name', name));
  if (database !== name) faults.push(...findNameFaults('database', database));
  if (NOT_FOR_TENANTS.has(database as string)) faults.push(`"${database as string}" is PostgreSQL's own database`);
  if (host !== undefined && (typeof host !== 'string' || host === '' || /\s/.test(host))) {
    faults.push(`host ${JSON.stringify(host)} is not the name of a host`);
  }
  if (port !== undefined && !(Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535)) {
    faults.push(`port ${JSON.stringify(port)} is not a number from 1 to 65535`);
  }
  if (urlVariable === undefined) return faults;
  // The value stays out of the message: somebody may have put the connection string itself there.
  if (typeof urlVariable !== 'string' || !VARIABLE_NAME.test(urlVariable)) {
    faults.push('urlVariable is not the name of an environment variable');
  }
  if ([host, port].some((each) => each !== undefined) || database !== name) {
    faults.push('urlVariable says where it is, so database, host and port have no place beside it');
  }
  return faults;
}

function findNameFaults(key: string, name: unknown): string[] {
  if (typeof name !== 'string' || name.trim() === '') return [`${key} must be a non-empty string`];
  if (name !== name.trim()) return [`${key} ${JSON.stringify(name)} begins or ends with a blank`];
  if (CONTROL_CHARACTER.test(name)) return [`${key} ${JSON.stringify(name)} contains a control character`];
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return [`${key} ${JSON.stringify(name)} is longer than ${MAX_NAME_BYTES} bytes`];
  }
  return [];
}
