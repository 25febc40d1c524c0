import { chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AtrizError } from '@atriz/database';
import { withMaintenanceSession, type Context, type Target } from '@atriz/lifecycle';
import { startGuard } from '@atriz/server';
import { z } from 'zod';
import { findPrograms } from '../../engines/logical/programs.ts';
import { withEnding } from '../../restore/names.ts';
import { readBackupSettings } from '../../settings/settings.ts';
import type { BackupWorkspace } from '../../workspace.ts';
import { copyByDump } from './dump-copy.ts';
import { findPostgres } from './postgres-program.ts';
import { runPgbackrest } from '../program.ts';
import { startRecovered } from './recovered-server.ts';
import { planRecovery, type RecoveryPlan, type RecoveryRequest } from './recovery-plan.ts';
import { describeTarget } from './recovery-target.ts';
import { restoreDirectory } from './restore-directory.ts';
import { contextOf } from '../stanza.ts';

export interface DatabaseAsOfRequest extends RecoveryRequest {
  /** The definition's name. */
  readonly database: string;
  /** What the new database is called. Default: its name, `_as_of_` and the time. */
  readonly as?: string | undefined;
  /** Where the server is restored meanwhile: a directory in it is made, and removed. Default: the system's temporary one. */
  readonly directory?: string | undefined;
}

/** What became of one database. */
export interface DatabaseAsOfReport {
  readonly stanza: string;
  readonly backup: string;
  readonly target: string;
  readonly recoveredTo: string | null;
  /** Whether the server handed over what it had not archived yet. */
  readonly archived: boolean;
  readonly database: string;
  /** What the new database is called, beside the one that is in use. */
  readonly databaseName: string;
  readonly tables: number;
  readonly rows: number;
  readonly durationMs: number;
}

/**
 * Brings one database back as it was at a moment, beside the one in use, which is not touched: the server is recovered
 * where nobody reaches it, with this database only, which is then copied, compared with what was recovered, and kept.
 *
 * Throws as `planRecovery`, `restoreDirectory`, `startRecovered` and `copyByDump` do, `CLIENT_TOOLS_MISSING` without
 * `pg_dump`, `RESTORE_BLOCKED` for a name that is taken, before anything is restored.
 */
export async function restoreDatabaseAsOf(
  workspace: BackupWorkspace,
  request: DatabaseAsOfRequest,
): Promise<DatabaseAsOfReport> {
  const start = performance.now();
  const { database, recovery } = request;
  const settings = readBackupSettings(workspace);
  const plan = await planRecovery(workspace, [database], request);
  const { stanza, backup, major, archived } = plan;
  const { target, account } = stanza;
  const context = contextOf(workspace, target);
  const programs = await findPrograms({
    directory: settings.programs,
    path: workspace.environment.find('PATH', ['process'])?.value,
    serverVersion: major * 10_000,
  });
  const program = await findPostgres(major, settings.programs);
  const databaseName = request.as ?? defaultName(target, plan, context);
  const into: Target = { ...target, parameters: { ...target.parameters, database: databaseName } };
  const bytes = await readSize(target, { name: databaseName, context });

  await using opened = new AsyncDisposableStack();
  const parent = request.directory === undefined ? tmpdir() : resolve(workspace.family.root, request.directory);
  const place = await mkdtemp(join(parent, 'atriz-as-of-'));
  const directory = join(place, 'data');
  const guard = startGuard(place, directory);
  opened.defer(() => guard.finish());
  if (account) await chown(place, account.uid, account.gid);
  const held = await backupHolds(plan, context);
  const only = held ? { database: target.parameters.database, bytes } : undefined;
  await restoreDirectory(plan, { directory, context, only });
  const server = opened.use(
    await startRecovered(directory, { program, account, user: target.parameters.user, recovery, context }),
  );
  const parameters = { ...server.parameters, database: target.parameters.database };
  const source: Target = { ...target, environment: 'development', parameters, settings: [] };
  const { tables } = await copyByDump(source, { programs, into, context });
  return {
    stanza: stanza.name,
    backup: backup.label,
    target: describeTarget(recovery),
    recoveredTo: server.recoveredTo?.toISOString() ?? null,
    archived,
    database,
    databaseName,
    tables: tables.length,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    durationMs: performance.now() - start,
  };
}

function defaultName({ parameters }: Target, { recovery }: RecoveryPlan, context: Context): string {
  const at = recovery.kind === 'time' ? recovery.at : new Date(context.now?.() ?? Date.now());
  return withEnding(parameters.database, `_as_of_${at.toISOString().replaceAll(/\D/g, '').slice(0, 14)}`);
}

/** The size of the database in use, 0 where it is gone. Throws `RESTORE_BLOCKED` where one has the new one's name. */
async function readSize(
  target: Target,
  { name, context }: { readonly name: string; readonly context: Context },
): Promise<number> {
  const { rows } = await withMaintenanceSession(target, context, (client) =>
    client.query<{ name: string; bytes: string }>(
      'SELECT datname AS name, pg_database_size(oid) AS bytes FROM pg_database WHERE datname = ANY ($1)',
      [[target.parameters.database, name]],
    ),
  );
  if (!rows.some((each) => each.name === name)) return Number(rows[0]?.bytes ?? 0);
  throw new AtrizError('RESTORE_BLOCKED', `there is a database "${name}" already`, {
    hint: 'give the new one another name: --as NAME',
  });
}

const detailed = z.array(
  z.object({
    backup: z.array(
      z.object({
        'database-ref': z
          .array(z.object({ name: z.string() }))
          .nullable()
          .optional(),
      }),
    ),
  }),
);

/** Whether the database was there when the backup was made; one that came later cannot be restored alone. */
async function backupHolds({ stanza, backup }: RecoveryPlan, context: Context): Promise<boolean> {
  const text = await runPgbackrest(stanza, ['info', '--output=json', `--set=${backup.label}`], { context });
  const parsed = detailed.safeParse(JSON.parse(text));
  const names = parsed.data?.flatMap((each) => each.backup).flatMap((each) => each['database-ref'] ?? []) ?? [];
  return names.some(({ name }) => name === stanza.target.parameters.database);
}
