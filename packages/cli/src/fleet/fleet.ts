import { join } from 'node:path';
import { AtrizError, type Instance } from '@atriz/database';
import { readEnvironment, type Environment, type FamilyDatabase } from '@atriz/database/workspace';
import { readMigrationFiles, type Context, type MigrationFile, type Target } from '@atriz/lifecycle';
import {
  openInstance,
  planConcurrency,
  readInstances,
  readRoom,
  runOverInstances,
  type InstanceOutcome,
} from '@atriz/lifecycle/fleet';
import type { Invocation } from '../invocation.ts';

/** The instances of one definition. */
export interface Fleet {
  readonly database: FamilyDatabase;
  /** The definition's own database: the instances are reached as it is, where they do not say otherwise. */
  readonly home: Target;
  readonly instances: readonly Instance[];
  readonly environment: Environment;
}

/** At most so many lines of progress where each of them stays. */
const PROGRESS_LINES = 20;

/** Reads which instances a definition has. Throws as `readInstances` does. */
export async function openFleet(invocation: Invocation, database: FamilyDatabase): Promise<Fleet> {
  const { family, surroundings } = invocation;
  const [home, environment] = await Promise.all([
    invocation.open(database),
    readEnvironment(family.root, database.directory, surroundings.variables),
  ]);
  const openDatabase = async (name: string): Promise<Target> => {
    const other = family.databases.find((each) => each.name === name);
    if (other) return invocation.open(other);
    throw new AtrizError('DATABASE_UNKNOWN', `the query for the instances of ${database.name} runs in "${name}"`, {
      hint: `name one of: ${family.databases.map((each) => each.name).join(', ')}`,
    });
  };
  const instances = await readInstances(home, { openDatabase }, { signal: surroundings.signal });
  return { database, home, instances, environment };
}

/** Does one thing to each instance, as many at once as options and server allow, and tells how far it is. */
export async function runFleet<Result>(
  invocation: Invocation,
  { database, home, instances, environment }: Fleet,
  work: (target: Target, context: Context) => Promise<Result>,
): Promise<InstanceOutcome<Result>[]> {
  const { options, reporter, surroundings } = invocation;
  const { signal } = surroundings;
  const total = instances.length;
  if (total === 0) return [];
  const concurrency = planConcurrency({
    requested: options.concurrency,
    count: total,
    room: total === 1 ? undefined : await readRoom(home, { signal }),
  });
  const migrationFiles = await readFilesOnce(home);
  const step = Math.max(1, Math.ceil(total / PROGRESS_LINES));
  let ended = 0;
  let failed = 0;
  const onOutcome = ({ status }: InstanceOutcome<Result>): void => {
    ended += 1;
    if (status === 'failed') failed += 1;
    if (total === 1 || (!reporter.live && ended % step > 0 && ended < total)) return;
    reporter.progress(database.name, `${ended} of ${total} instances${failed > 0 ? `, ${failed} failed` : ''}`);
  };
  return runOverInstances(
    instances,
    (instance) => work(openInstance(home, instance, environment), contextFor(instance)),
    { concurrency, maxFailures: options.maxFailures, signal, onOutcome },
  );

  /** What each of a thousand does on the way would bury how far they are. */
  function contextFor({ name }: Instance): Context {
    const context = invocation.contextFor({ ...database, name: `${database.name}/${name}` });
    return { ...context, migrationFiles, ...(total === 1 ? {} : { onProgress: undefined }) };
  }
}

/** One list for all instances, whose files are then read once. What is wrong with it each of them will tell. */
async function readFilesOnce({ database }: Target): Promise<readonly MigrationFile[] | undefined> {
  try {
    return await readMigrationFiles(join(database.directory, database.migrationsDirectory));
  } catch (error) {
    if (error instanceof AtrizError) return undefined;
    throw error;
  }
}
