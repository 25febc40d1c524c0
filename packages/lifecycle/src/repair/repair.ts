import type { Context } from '../context.ts';
import { checkIdentity } from '../ledger/identity.ts';
import { recordTexts } from '../ledger/migration-rows.ts';
import { readEdits, type Edit } from '../migrations/edits.ts';
import { directoryOf, readMigration, readMigrationFiles } from '../migrations/migration-file.ts';
import { readStanding } from '../migrations/standing.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import { withLedgerSession } from './ledger-session.ts';

/** Reads which applied migrations were edited since, and how. Writes nothing. Throws `IDENTITY_MISMATCH`. */
export async function readEditedMigrations(target: Target, context: Context = {}): Promise<readonly Edit[]> {
  const files = await readMigrationFiles(directoryOf(target));
  return withSession(target.parameters, context, async (client) => {
    const { identity, edited } = await readStanding(client, target, files);
    if (identity) checkIdentity(identity, target); // another's history says nothing of these files
    return readEdits(client, edited);
  });
}

/**
 * Accepts the texts that edited files have now as those that were applied. Changes nothing in the database but the
 * ledger, and nothing about files that are not in `names`.
 *
 * Throws `IDENTITY_MISMATCH`, `LOCK_TIMEOUT` and connection errors.
 */
export async function acceptEdits(
  target: Target,
  { names }: { readonly names: readonly string[] },
  context: Context = {},
): Promise<{ readonly accepted: readonly string[] }> {
  return withLedgerSession(target, 'migrate repair', context, async ({ client, standing, run }) => {
    const chosen = standing.edited.filter(({ name }) => names.includes(name));
    const migrations = await Promise.all(chosen.map(readMigration));
    await recordTexts(client, { migrations, table: target.database.migrationsTable, runId: run.id });
    for (const { name } of chosen) run.note(name);
    return { accepted: chosen.map(({ name }) => name) };
  });
}
