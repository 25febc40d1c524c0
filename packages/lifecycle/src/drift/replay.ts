import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import { withGroupedCommits } from '../durability.ts';
import { createLedger } from '../ledger/identity.ts';
import type { Run } from '../ledger/run.ts';
import type { MigrationFile } from '../migrations/migration-file.ts';
import { runMigrations } from '../migrations/runner.ts';
import { readUnits } from '../migrations/unit.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';

/** A scratch database is dropped with its ledger: nobody reads which run it was. */
const UNNOTED: Run = { id: '00000000-0000-0000-0000-000000000000', note: () => undefined };

/**
 * Applies migrations to a scratch database in the order given, or undoes them, as `migrate` itself would. Throws what
 * it throws, saying that it was a replay.
 */
export async function replay(
  scratch: Target,
  { direction, files }: { readonly direction: 'up' | 'down'; readonly files: readonly MigrationFile[] },
  context: Context,
): Promise<void> {
  if (files.length === 0) return;
  const quiet = { ...context, onProgress: undefined };
  try {
    await withSession(
      scratch.parameters,
      context,
      async (client) => {
        await createLedger(client, scratch);
        for (const stretch of splitStretches(files, direction)) {
          const units = await readUnits(stretch, direction);
          await withGroupedCommits(client, () =>
            runMigrations(client, scratch, units, { context: quiet, run: UNNOTED }),
          );
        }
      },
      { pipeline: true },
    );
  } catch (error) {
    if (!(error instanceof AtrizError) || error.code !== 'MIGRATION_FAILED') throw error;
    throw new AtrizError('MIGRATION_FAILED', `replayed into a scratch database, ${error.message}`, {
      hint: 'correct the file, so that the migrations make the schema from nothing',
      cause: error.cause,
    });
  }
}

/** The runner takes files by name; where the history has another order, each stretch that is in order is a run. */
export function splitStretches(files: readonly MigrationFile[], direction: 'up' | 'down'): MigrationFile[][] {
  const stretches: MigrationFile[][] = [];
  for (const file of files) {
    const stretch = stretches.at(-1);
    const last = stretch?.at(-1);
    const follows = last && (direction === 'up' ? last.name < file.name : last.name > file.name);
    if (follows) stretch!.push(file);
    else stretches.push([file]);
  }
  return stretches;
}
