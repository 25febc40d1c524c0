import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError, readSeedFiles, runSeeds, type SeedFile } from '@atriz/database';
import type pg from 'pg';
import type { Context } from './context.ts';
import { checkIdentity, readIdentity } from './ledger/identity.ts';
import { withMigrationLock } from './lock.ts';
import { withGroupedCommits } from './durability.ts';
import { checksumOf } from './migrations/migration-file.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

export interface SeedOptions {
  /** Run only the seeds that the ledger does not know with this text. Default false: all of them. */
  readonly pendingOnly?: boolean;
}

export interface SeedOutcome {
  readonly seeded: readonly string[];
}

const REGISTER_SEED = `
INSERT INTO atriz.seeds (name, checksum, duration_ms) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now(), duration_ms = excluded.duration_ms`;

/**
 * Runs the package's seeds, alphabetically, each in a transaction of its own together with its row in the ledger.
 * A seed must be written so that running it again changes nothing.
 *
 * Throws `SEED_FAILED`, `SEED_INVALID` (see `runSeeds`), `IDENTITY_MISMATCH`, `NOT_MIGRATED`, `LOCK_TIMEOUT` and connection errors.
 */
export async function seedDatabase(
  target: Target,
  { pendingOnly = false }: SeedOptions = {},
  context: Context = {},
): Promise<SeedOutcome> {
  const { database, environment, parameters } = target;
  const directory = join(database.directory, database.seedsDirectory);
  const files = await readSeedFiles(directory);
  if (files.length === 0) return { seeded: [] };
  const checksums = await readChecksums(files);
  return withSession(parameters, context, async (client) => {
    await requireIdentity(client, target);
    if (pendingOnly && (await readPending(client, files, checksums)).size === 0) return { seeded: [] };
    return withMigrationLock(client, target, context, async () => {
      const wanted = pendingOnly ? await readPending(client, files, checksums) : new Set(files.map(({ name }) => name));
      const results = await withGroupedCommits(client, () =>
        runSeeds(poolOf(client), {
          directory,
          environment,
          log: (message) => context.onProgress?.(message),
          select: ({ name }) => wanted.has(name),
          afterSeed: async (_, { name }, { durationMs }) => {
            await client.query(REGISTER_SEED, [name, checksums.get(name), durationMs]);
            context.onProgress?.(`seeded ${name}`);
          },
        }),
      );
      return { seeded: results.map(({ name }) => name) };
    });
  });
}

async function requireIdentity(client: pg.Client, target: Target): Promise<void> {
  const identity = await readIdentity(client);
  if (identity) return checkIdentity(identity, target);
  throw new AtrizError(
    'NOT_MIGRATED',
    `"${target.parameters.database}" was never migrated, so it has nothing to seed`,
    {
      hint: 'migrate it first: pnpm db:migrate',
    },
  );
}

async function readPending(
  client: pg.Client,
  files: readonly SeedFile[],
  checksums: ReadonlyMap<string, string>,
): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string; checksum: string }>('SELECT name, checksum FROM atriz.seeds');
  const done = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  return new Set(files.map(({ name }) => name).filter((name) => done.get(name) !== checksums.get(name)));
}

async function readChecksums(files: readonly SeedFile[]): Promise<Map<string, string>> {
  const entries = files.map(async ({ name, path }) => [name, checksumOf(await readFile(path, 'utf8'))] as const);
  return new Map(await Promise.all(entries));
}

/** `runSeeds` asks for a pool; here it gets the one session that holds the lock, again and again. */
function poolOf(client: pg.Client): Pick<pg.Pool, 'connect'> {
  const lent = Object.assign(client, { release: () => undefined }) as unknown as pg.PoolClient;
  return { connect: async () => lent } as Pick<pg.Pool, 'connect'>;
}
