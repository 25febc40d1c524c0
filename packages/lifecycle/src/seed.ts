import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError, readSeedFiles, runSeeds, type SeedFile } from '@atriz/database';
import { checksumOf } from '@atriz/database/workspace';
import type pg from 'pg';
import type { Context } from './context.ts';
import { checkIdentity, readIdentity } from './ledger/identity.ts';
import { withRun } from './ledger/run.ts';
import { withMigrationLock } from './lock.ts';
import { withGroupedCommits } from './durability.ts';
import { forbids } from './safety.ts';
import { planSeeds, type SeedPlan } from './seed-plan.ts';
import { becomeOwner } from './roles/as-owner.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

export interface SeedOptions {
  /** Run only the seeds that the ledger does not know with this text. Default false: all of them. */
  readonly pendingOnly?: boolean;
}

export interface SeedOutcome {
  readonly seeded: readonly string[];
  /** What ran already and is not to run again; only where `DISABLE_SEED_OVERRIDE` is on. */
  readonly leftOut?: readonly string[];
}

const REGISTER_SEED = `
INSERT INTO atriz.seeds (name, checksum, duration_ms) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now(), duration_ms = excluded.duration_ms`;

/**
 * Runs the package's seeds, alphabetically, each in a transaction of its own together with its row in the ledger.
 * A seed must be written so that running it again changes nothing.
 *
 * Throws `SEED_FAILED`, `SEED_INVALID` (see `runSeeds`), `IDENTITY_MISMATCH`, `NOT_MIGRATED`,
 * `SEED_REFUSED` (it ran already with another text, see `planSeeds`), `LOCK_TIMEOUT` and connection errors.
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
    const overrideDisabled = forbids(target.safety.disableSeedOverride, target, context);
    const plan = async (): Promise<SeedPlan> =>
      planSeeds(files, { checksums, register: await readRegister(client), pendingOnly, overrideDisabled });
    const glance = await plan();
    if (glance.wanted.size === 0) return outcomeOf([], glance);
    return withMigrationLock(client, target, context, async () => {
      await becomeOwner(client);
      const planned = await plan();
      const results = await withGroupedCommits(client, () =>
        withRun(client, 'seed', context, ({ note }) =>
          runSeeds(poolOf(client), {
            directory,
            environment,
            log: (message) => context.onProgress?.(message),
            select: ({ name }) => planned.wanted.has(name),
            afterSeed: async (_, { name }, { durationMs }) => {
              await client.query(REGISTER_SEED, [name, checksums.get(name), durationMs]);
            },
            onSeeded: ({ name }) => {
              note(name);
              context.onProgress?.(`seeded ${name}`);
            },
          }),
        ),
      );
      return outcomeOf(
        results.map(({ name }) => name),
        planned,
      );
    });
  });
}

function outcomeOf(seeded: readonly string[], { leftOut }: SeedPlan): SeedOutcome {
  return leftOut.length === 0 ? { seeded } : { seeded, leftOut };
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

async function readRegister(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; checksum: string }>('SELECT name, checksum FROM atriz.seeds');
  return new Map(rows.map(({ name, checksum }) => [name, checksum]));
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
