import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError, type Instance, type InstanceSource } from '@atriz/database';
import { parseInstances, type InstanceEntry } from '@atriz/database/workspace';
import type { Context } from '../context.ts';
import type { Target } from '../target.ts';
import { parseInstanceFile } from './instance-file.ts';
import { queryInstances } from './instance-query.ts';

const SHOWN_FAULTS = 5;

export interface ReadInstancesOptions {
  /** Opens another database of the family, in which a query may run. Throws `DATABASE_UNKNOWN`. */
  readonly openDatabase: (name: string) => Promise<Target>;
}

/**
 * Reads which databases a definition has beside its own, in the order of their source; none for a definition without.
 *
 * Throws `INSTANCES_INVALID` (the source cannot be read, or gives what cannot be an instance, or one twice),
 * `NOT_MIGRATED` (the query's tables are not there yet), and connection errors of the database that is asked.
 */
export async function readInstances(
  home: Target,
  { openDatabase }: ReadInstancesOptions,
  context: Context = {},
): Promise<readonly Instance[]> {
  const { instances: source, directory, name: definition } = home.database;
  if (source === undefined) return [];
  const { instances, faults } = parseInstances(await readEntries(source));
  const own = instances.find(
    ({ name, database = name, host, port, urlVariable }) =>
      [host, port, urlVariable].every((each) => each === undefined) && database === home.parameters.database,
  );
  if (own) faults.push(`"${own.name}" is the definition's own database, which needs no place in the list`);
  if (faults.length === 0) return instances;
  const more = faults.length > SHOWN_FAULTS ? [`… and ${faults.length - SHOWN_FAULTS} more`] : [];
  throw new AtrizError(
    'INSTANCES_INVALID',
    `the instances of ${definition} are not valid: ${[...faults.slice(0, SHOWN_FAULTS), ...more].join('; ')}`,
    { hint: 'correct where they come from; nothing was done to any of them' },
  );

  async function readEntries(from: InstanceSource): Promise<InstanceEntry[]> {
    if ('file' in from) return readInstanceFile(directory, from.file);
    if ('query' in from) {
      const target = from.database === undefined ? home : await openDatabase(from.database);
      return queryInstances(target, from.query, context);
    }
    return from.map((value, index) => ({ value, place: `instances[${index}]` }));
  }
}

async function readInstanceFile(directory: string, file: string): Promise<InstanceEntry[]> {
  try {
    return parseInstanceFile(await readFile(join(directory, file), 'utf8'), file);
  } catch (cause) {
    throw new AtrizError('INSTANCES_INVALID', `${join(directory, file)}: ${(cause as Error).message}`, {
      hint: 'it has to hold one name a line, or, as .json, an array of names',
      cause,
    });
  }
}
