import { AtrizError } from '@atriz/database';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { createLedger } from '../ledger/identity.ts';
import { withRun, type Run } from '../ledger/run.ts';
import { withMigrationLock } from '../lock.ts';
import { directoryOf, readMigrationFiles, type MigrationFile } from '../migrations/migration-file.ts';
import { findObstacles } from '../migrations/obstacles.ts';
import { readStanding, type Standing } from '../migrations/standing.ts';
import { becomeOwner } from '../roles/as-owner.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';

/** What a repair works on: nobody else migrates meanwhile. */
export interface LedgerSession {
  readonly client: pg.Client;
  readonly files: readonly MigrationFile[];
  readonly standing: Standing;
  readonly run: Run;
}

/**
 * Runs `work`, which corrects what the database says of its migrations and changes nothing else, in one transaction
 * under the migration lock, as a run of its own. Throws `IDENTITY_MISMATCH`, `LOCK_TIMEOUT` and connection errors.
 */
export async function withLedgerSession<Result>(
  target: Target,
  command: string,
  context: Context,
  work: (session: LedgerSession) => Promise<Result>,
): Promise<Result> {
  const files = await readMigrationFiles(directoryOf(target));
  return withSession(target.parameters, context, (client) =>
    withMigrationLock(client, target, context, async () => {
      const standing = await readStanding(client, target, files);
      const mismatch = findObstacles(standing, target).find(({ code }) => code === 'IDENTITY_MISMATCH');
      if (mismatch) throw new AtrizError(mismatch.code, mismatch.message, { hint: mismatch.hint });
      await becomeOwner(client);
      await createLedger(client, target);
      return withRun(client, command, context, async (run) => {
        await client.query('BEGIN');
        const result = await work({ client, files, standing, run });
        await client.query('COMMIT');
        return result;
      });
    }),
  );
}

/** The file of a name that somebody typed, with or without `.sql`. Throws `MIGRATION_UNKNOWN`. */
export function findMigration(files: readonly MigrationFile[], typed: string): MigrationFile {
  const name = nameOf(typed);
  const file = files.find((each) => each.name === name);
  if (file) return file;
  const alike = files.filter((each) => each.name.includes(name.replace(/^\d*_?/, ''))).map((each) => each.name);
  throw new AtrizError('MIGRATION_UNKNOWN', `there is no migration "${name}"`, {
    hint:
      alike.length > 0 && alike.length <= 5 ? `did you mean: ${alike.join(', ')}` : 'atriz migrate status lists them',
  });
}

export function nameOf(typed: string): string {
  return typed.replace(/^.*\//, '').replace(/\.sql$/, '');
}
