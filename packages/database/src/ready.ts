import { join } from 'node:path';
import type { Definition } from './definition.ts';
import { AtrizError } from './errors.ts';
import { readMigrationNames } from './migration-names.ts';
import { askWhetherReady, readSquashed, type ReadyAnswer, type ReadyPool } from './ready-answer.ts';

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
  const answer = await askWhetherReady(pool, { migrationsTable: definition.migrationsTable, needed });
  checkIdentity(answer, { definition: definition.name, ...wanted });
  if (answer.missing.length === 0) return;
  const squashed = await readSquashed(pool);
  const missing = answer.missing.filter((name) => !squashed.has(name));
  if (missing.length > 0) throw behind({ ...answer, missing }, needed.length);
}

function checkIdentity(
  { database, ...found }: ReadyAnswer,
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

function describe({ family, definition, instance }: Pick<ReadyAnswer, 'family' | 'definition' | 'instance'>): string {
  return `${instance === null ? '' : `instance ${instance} of `}${definition} of family ${family}`;
}

function behind({ database, missing, newest }: ReadyAnswer, needed: number): AtrizError {
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
