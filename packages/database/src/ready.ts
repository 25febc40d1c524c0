import { join } from 'node:path';
import pg from 'pg';
import { toConnectionError } from './connection-error.ts';
import type { Definition } from './definition.ts';
import { AtrizError } from './errors.ts';
import { readMigrationNames } from './migration-names.ts';
import { sqlState } from './sql-state.ts';

/** What the code needs of its database, beside the definition. */
export interface Readiness {
  /** The package's directory, in which the definition's migrations lie. Default: the working directory. */
  readonly directory?: string;
  /** In its place, the name of the newest migration that the code was built with: where the files are not shipped. */
  readonly newest?: string;
  /** The workspace's name. Default: any. */
  readonly family?: string | undefined;
  /** Which instance of the definition it has to be. Default: any, or none. */
  readonly instance?: string | undefined;
}

/** What is asked: a pool of ours, or one of pg's. */
export type ReadyPool = Pick<pg.Pool, 'query' | 'options'>;

interface Answer {
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
const SHOWN = 3;

/**
 * Resolves when the database behind a pool is the definition's own and has every migration that the code was built
 * with; a database that has newer ones is ready too. For an application's start. It is one query, which any pooler lets
 * through, and writes nothing. Where something seems to be missing, a second one asks whether it was squashed since.
 *
 * Throws `NOT_MIGRATED` (names what is missing), `IDENTITY_MISMATCH` (another definition, family or instance),
 * `PERMISSION_DENIED` (the role may not read the ledger), `ARGUMENT_INVALID` (no migrations where they should be),
 * and `SERVER_UNREACHABLE` or what else hinders a connection.
 *
 * @example
 * await assertReady(db, definition, { directory: join(import.meta.dirname, '..') });
 */
export async function assertReady(
  db: ReadyPool | { readonly pool: ReadyPool },
  definition: Pick<Definition, 'name' | 'migrationsDirectory' | 'migrationsTable'>,
  { directory = process.cwd(), newest, ...wanted }: Readiness = {},
): Promise<void> {
  const needed =
    newest === undefined ? await readMigrationNames(join(directory, definition.migrationsDirectory)) : [newest];
  const pool = 'pool' in db ? db.pool : db;
  const answer = await ask(pool, definition.migrationsTable, needed);
  checkIdentity(answer, { definition: definition.name, ...wanted });
  if (answer.missing.length === 0) return;
  const squashed = await readSquashed(pool);
  const missing = answer.missing.filter((name) => !squashed.has(name));
  if (missing.length > 0) throw behind({ ...answer, missing }, needed.length);
}

/** The names of migrations whose place one squashed file has taken: code that is older than that asks for them. */
async function readSquashed(pool: ReadyPool): Promise<ReadonlySet<string>> {
  try {
    const { rows } = await pool.query<{ name: string }>(SQUASHED);
    return new Set(rows.map(({ name }) => name));
  } catch {
    return new Set(); // a ledger that keeps no texts, or may not be read: then what is missing is missing
  }
}

async function ask(pool: ReadyPool, migrationsTable: string, needed: readonly string[]): Promise<Answer> {
  const history = `public.${pg.escapeIdentifier(migrationsTable)}`;
  let answer;
  try {
    ({
      rows: [answer],
    } = await pool.query<Answer>(QUESTION(history), [needed]));
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

function checkIdentity(
  { database, ...found }: Answer,
  wanted: Pick<Readiness, 'family' | 'instance'> & { readonly definition: string },
): void {
  const { family = found.family, instance = found.instance, definition } = wanted;
  if (found.family === family && found.definition === definition && found.instance === instance) return;
  throw new AtrizError(
    'IDENTITY_MISMATCH',
    `"${database}" is ${describe(found)}, not ${describe({ family, definition, instance })}`,
    { hint: 'correct the connection string; see which settings were used: pnpm check:env' },
  );
}

function describe({ family, definition, instance }: Pick<Answer, 'family' | 'definition' | 'instance'>): string {
  return `${instance === null ? '' : `instance ${instance} of `}${definition} of family ${family}`;
}

function behind({ database, missing, newest }: Answer, needed: number): AtrizError {
  const names = missing.slice(0, SHOWN).join(', ') + (missing.length > SHOWN ? `, … (${missing.length} in all)` : '');
  const state = newest === null ? 'it has none yet' : `its newest is ${newest}`;
  const count = needed === 1 ? 'the migration' : `${missing.length} of the ${needed} migrations`;
  return new AtrizError(
    'NOT_MIGRATED',
    `"${database}" lacks ${count} that this code was built with: ${names}; ${state}`,
    {
      hint: 'migrate it first: pnpm db:migrate',
    },
  );
}
