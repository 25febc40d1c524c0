import { AtrizError } from '@atriz/database';
import { withRun, withSession, type Context, type Target } from '@atriz/lifecycle';
import { runAll, type Slots } from '../engines/limited.ts';
import type { ManifestDatabase } from '../manifest/manifest.ts';
import { placeOf, type PlannedDatabase } from './plan.ts';
import type { RestoredDatabase } from './request.ts';
import type { DatabaseSource } from './source.ts';
import { readStanding } from './standing.ts';
import { swapDatabases, type Swap } from './swap.ts';
import { dropDatabaseOf, withUnfinished } from './unfinished.ts';

export interface RestoreDatabasesOptions {
  readonly set: string;
  readonly source: DatabaseSource;
  /** What of a restored database is not as the manifest says, one sentence each. */
  readonly compare: (into: Target, entry: ManifestDatabase, context: Context) => Promise<readonly string[]>;
  /** What the ledgers call it. */
  readonly command: string;
  readonly dropOld: boolean;
  /** How much is done at once. */
  readonly slots: Slots;
  readonly context: Context;
}

export interface RestoredDatabases {
  readonly databases: readonly RestoredDatabase[];
  readonly warnings: readonly string[];
}

/**
 * Restores databases under names of their own, compares each with the manifest, and only when all of them are proven
 * gives them the names that they shall have: on one server all at once (see {@link swapDatabases}), on several one
 * server after the other, and where one refuses the others change back. Until then nothing that exists is touched, but
 * for roles that are made where they are missing; whatever fails before leaves no database behind.
 *
 * Throws `BACKUP_UNPROVEN`, `RESTORE_BLOCKED`, and what the source throws.
 */
export async function restoreDatabases(
  planned: readonly PlannedDatabase[],
  options: RestoreDatabasesOptions,
): Promise<RestoredDatabases> {
  const { context, source, dropOld } = options;
  return withUnfinished(planned, context, async () => {
    const warnings = [...(await source.prepare())];
    const databases = new Map<PlannedDatabase, RestoredDatabase>();
    await runAll(
      planned.map((each) => async (signal) => {
        databases.set(each, await restoreDatabase(each, { ...options, context: { ...context, signal }, warnings }));
      }),
      { signal: context.signal },
    );
    context.signal?.throwIfAborted();
    await putInPlace(planned);
    if (dropOld) {
      for (const { target, oldName } of planned) if (oldName !== undefined) await dropDatabaseOf(target, oldName);
    }
    return { databases: planned.map((each) => databases.get(each)!), warnings };
  });
}

interface RestoreOne extends RestoreDatabasesOptions {
  /** What should be told besides is added to it. */
  readonly warnings: string[];
  readonly context: Context & { readonly signal: AbortSignal };
}

async function restoreDatabase(
  { entry, target, unfinishedName, finalName, oldName }: PlannedDatabase,
  { source, compare, set, command, dropOld, slots, warnings, context }: RestoreOne,
): Promise<RestoredDatabase> {
  const start = performance.now();
  const into: Target = { ...target, parameters: { ...target.parameters, database: unfinishedName } };
  context.onProgress?.(`restoring ${entry.name} as "${unfinishedName}"`);
  warnings.push(...(await source.fill(entry, into, context.signal)));
  context.onProgress?.(`comparing ${entry.name} with the manifest`);
  const differences = await slots(() => compare(into, entry, context));
  if (differences.length > 0) throw unproven(entry, set, differences);
  await withSession(into.parameters, context, (client) =>
    withRun(client, command, context, async ({ note }) => note(set)),
  );
  const refused = await source.settle(entry, into); // last: a setting could be in the way of everything before
  warnings.push(...refused.map((each) => `${finalName}: ${each}`));
  return {
    name: entry.name,
    databaseName: finalName,
    host: target.parameters.host,
    port: target.parameters.port,
    tables: entry.tables.length,
    rows: entry.tables.reduce((sum, { rows }) => sum + rows, 0),
    durationMs: performance.now() - start,
    kept: dropOld ? null : (oldName ?? null),
    ...(await readStanding(target.database, entry)),
  };
}

async function putInPlace(planned: readonly PlannedDatabase[]): Promise<void> {
  const done: { readonly target: Target; readonly swaps: readonly Swap[] }[] = [];
  for (const group of Map.groupBy(planned, ({ target }) => placeOf(target)).values()) {
    const { target } = group[0]!;
    const swaps = group.map(({ unfinishedName, finalName, oldName }) => ({
      from: unfinishedName,
      to: finalName,
      aside: oldName,
    }));
    try {
      await swapDatabases(target, swaps);
    } catch (error) {
      for (const each of done.toReversed()) await takeBack(each.target, each.swaps);
      throw error;
    }
    done.push({ target, swaps });
  }
}

/** What was put in place gets its unfinished name again, and so is dropped; what was there before has its own again. */
async function takeBack(target: Target, swaps: readonly Swap[]): Promise<void> {
  try {
    await swapDatabases(
      target,
      swaps.map(({ from, to, aside }) => ({
        from: aside ?? to,
        to: aside === undefined ? from : to,
        aside: aside === undefined ? undefined : from,
      })),
    );
  } catch (error) {
    const names = swaps.map(
      ({ to, aside }) => `"${to}" is the restored one${aside === undefined ? '' : `, "${aside}" the one before it`}`,
    );
    throw new AtrizError(
      'RESTORE_BLOCKED',
      `another server refused to rename its databases, and on ${placeOf(target)} the new names could not be taken back: ${names.join('; ')}`,
      { hint: 'run atriz backup restore --swap-back', cause: error },
    );
  }
}

/** What is thrown of a restored database that is not what the manifest says; it is dropped. */
export function unproven({ name }: ManifestDatabase, set: string, differences: readonly string[]): AtrizError {
  const rest = differences.length > 3 ? `; and ${differences.length - 3} more` : '';
  return new AtrizError(
    'BACKUP_UNPROVEN',
    `"${name}" as restored from ${set} is not what the manifest says: ${differences.slice(0, 3).join('; ')}${rest}; it was dropped`,
    { hint: 'use another set: atriz backup list' },
  );
}
