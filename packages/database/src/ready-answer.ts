import pg from 'pg';
import { toConnectionError } from './connection-error.ts';
import { AtrizError } from './errors.ts';
import { sqlState } from './sql-state.ts';

/** What is asked: a pool of ours, or one of pg's. */
export type ReadyPool = Pick<pg.Pool, 'query' | 'options'>;

/** What a database says of itself, and what it lacks of what was asked for. */
export interface ReadyAnswer {
  readonly database: string;
  readonly family: string;
  readonly definition: string;
  readonly instance: string | null;
  readonly missing: readonly string[];
  readonly newest: string | null;
}

/** Ledgers of an older Atriz have no column for the instance: to_jsonb asks without naming it. */
const QUESTION = (history: string): string => `
SELECT current_database() AS database, identity.family, identity.definition,
       to_jsonb(identity) ->> 'instance' AS instance,
       (SELECT name FROM ${history} ORDER BY name DESC LIMIT 1) AS newest,
       ARRAY(SELECT expected.name FROM unnest($1::text[]) WITH ORDINALITY AS expected (name, place)
              WHERE NOT EXISTS (SELECT FROM ${history} AS applied WHERE applied.name = expected.name)
              ORDER BY expected.place) AS missing
  FROM atriz.identity AS identity`;

const SQUASHED = String.raw`
SELECT (regexp_matches(text, '^[ \t]*--[ \t]*atriz[ \t]*:[ \t]*squashes[ \t]+(\S+)', 'ginm'))[1] AS name
  FROM atriz.migrations WHERE name LIKE '%squashed'`;

const NEVER_MIGRATED = new Set(['42P01', '3F000']); // no such table, no such schema
const PERMISSION_DENIED = '42501';
/** SQLSTATEs of a connection that was not made, or was lost. */
const ABOUT_CONNECTIONS = /^(?:08|28|3D|53|57P)/;

/** The names of migrations whose place one squashed file has taken: code that is older than that asks for them. */
export async function readSquashed(pool: ReadyPool): Promise<ReadonlySet<string>> {
  try {
    const { rows } = await pool.query<{ name: string }>(SQUASHED);
    return new Set(rows.map(({ name }) => name));
  } catch {
    return new Set(); // a ledger that keeps no texts, or may not be read: then what is missing is missing
  }
}

/**
 * Asks a database, by one query, which one it is and which of the needed migrations it lacks. Throws `NOT_MIGRATED` (it
 * has no ledger, or no history), `PERMISSION_DENIED`, `QUERY_FAILED`, and connection errors.
 */
export async function askWhetherReady(
  pool: ReadyPool,
  { migrationsTable, needed }: { readonly migrationsTable: string; readonly needed: readonly string[] },
): Promise<ReadyAnswer> {
  const history = `public.${pg.escapeIdentifier(migrationsTable)}`;
  let answer;
  try {
    ({
      rows: [answer],
    } = await pool.query<ReadyAnswer>(QUESTION(history), [needed]));
  } catch (error) {
    throw explain(error, pool, history);
  }
  if (answer) return answer;
  throw neverMigrated(pool);
}

function explain(cause: unknown, pool: ReadyPool, history: string): AtrizError {
  const state = sqlState(cause);
  if (NEVER_MIGRATED.has(state)) return neverMigrated(pool, cause);
  const { host, port, user = '', database = '' } = new pg.Client(pool.options); // connects to nothing
  if (state === PERMISSION_DENIED) {
    const role = pg.escapeIdentifier(user);
    const message = `user "${user}" may not read what Atriz knows of "${database}": ${(cause as Error).message}`;
    return new AtrizError('PERMISSION_DENIED', message, {
      hint:
        `let an administrator run: GRANT USAGE ON SCHEMA atriz TO ${role}; ` +
        `GRANT SELECT ON atriz.identity, ${history} TO ${role}`,
      cause,
    });
  }
  if (state !== '' && !ABOUT_CONNECTIONS.test(state)) {
    const message = `the server refused to tell the state of "${database}": ${(cause as Error).message}`;
    return new AtrizError('QUERY_FAILED', message, { cause });
  }
  return toConnectionError(cause, { host, port, user, database });
}

function neverMigrated(pool: ReadyPool, cause?: unknown): AtrizError {
  const { database } = new pg.Client(pool.options);
  return new AtrizError('NOT_MIGRATED', `"${database}" was never migrated by Atriz`, {
    hint: 'migrate it first: pnpm db:migrate',
    cause,
  });
}
