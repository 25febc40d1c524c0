import { AtrizError } from '../src/errors.ts';
import { createDatabasePool } from '../src/pool.ts';
import { runSeeds } from '../src/seeds.ts';

/** Runs the seeds of a directory under Node itself, which loads modules otherwise than Vitest does. */
const [connectionString, directory] = process.argv.slice(2);
await using db = createDatabasePool({ connectionString });
try {
  const results = await runSeeds(db.pool, { directory: directory! });
  process.stdout.write(JSON.stringify({ names: results.map(({ name }) => name) }));
} catch (error) {
  if (!(error instanceof AtrizError)) throw error;
  const { code, message } = error;
  process.stdout.write(JSON.stringify({ code, message }));
}
