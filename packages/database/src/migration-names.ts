import { readdir } from 'node:fs/promises';
import { AtrizError } from './errors.ts';

const SUFFIX = '.sql';

/**
 * The names of the migrations in a directory, oldest first, as the history records them: without `.sql`.
 *
 * Throws `ARGUMENT_INVALID` where there is no such directory: code that was shipped without its migrations would
 * otherwise believe that it needs none.
 */
export async function readMigrationNames(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    return names
      .filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.'))
      .map((name) => name.slice(0, -SUFFIX.length))
      .toSorted();
  } catch (cause) {
    throw new AtrizError('ARGUMENT_INVALID', `the migrations that this code was built with are not at ${directory}`, {
      hint: 'ship the directory with the code, or give assertReady the name of the newest one: { newest: "…" }',
      cause,
    });
  }
}
