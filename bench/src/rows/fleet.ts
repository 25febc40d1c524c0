import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Environment } from '../environment.ts';
import type { Migration } from '../fixtures/dialects.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';
import { runRounds, type Contestant } from '../rounds.ts';
import type { Row } from '../row.ts';

const HOME = 'bench_fleet';
const SIZES = [250, 500, 1000];
const LARGEST = 1000;
/** As many as the command asks at once. */
const CONCURRENCY = 8;

/** One database per tenant, all of them up to date: what every deployment meets. Whole processes, databases a second. */
export const fleet: Row = {
  name: 'fleet',
  title: '`migrate` with nothing to do, a database per tenant',
  unit: '/s',
  comparisons: [
    { ours: 'atriz migrate, 1,000 databases', bar: { atLeast: 150 } },
    { ours: 'atriz migrate, 1,000 databases', peer: 'atriz migrate, 250 databases', bar: { atLeast: 0.9 } },
    { ours: 'atriz migrate, 500 databases', peer: 'atriz migrate, 250 databases' },
    { ours: 'atriz migrate, 1,000 databases', peer: 'xargs psql, 1,000 databases' },
  ],
  run: async (environment) => {
    const { root } = await makeWorkspace(environment, HOME, migrations());
    const owner = join(root, 'packages', 'owner');
    const atriz = environment.bin('atriz');
    const instances = join(owner, 'instances.txt');
    await writeFile(
      join(owner, 'database.config.ts'),
      `import { defineDatabase } from '@atriz/database';\n\nexport default defineDatabase({ name: '${HOME}', instances: { file: 'instances.txt' } });\n`,
    );
    await writeFile(instances, '');
    await environment.setAside([HOME]);
    await environment.run([atriz, 'create'], { directory: root });
    await environment.run([atriz, 'migrate'], { directory: root });
    await makeCopies(environment);

    const migrate = (count: number): Contestant => {
      return async () => {
        await writeFile(instances, names(count).join('\n'));
        const { durationMs } = await environment.run([atriz, 'migrate'], { directory: root });
        return count / (durationMs / 1000);
      };
    };
    const ours = SIZES.map((count) => [`atriz migrate, ${count.toLocaleString('en')} databases`, migrate(count)]);
    return runRounds(
      { ...Object.fromEntries(ours), 'xargs psql, 1,000 databases': () => runPsql(environment, instances) },
      { rounds: 5, onFigure: environment.onFigure },
    );
  },
};

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${HOME}_${index}`);
}

/** What a young product has: ten tables, made one after the other. */
function migrations(): Migration[] {
  return Array.from({ length: 10 }, (_, index) => ({
    name: `${1_700_000_000_000 + index * 60_000}_table_${index}`,
    up: `CREATE TABLE table_${index} (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), text text NOT NULL);`,
    down: `DROP TABLE table_${index};`,
  }));
}

/** Two at a time, which two cores do well; the warm-up then tells each which instance it is. */
async function makeCopies({ connectionString }: Environment): Promise<void> {
  const waiting = names(LARGEST);
  const template = pg.escapeIdentifier(HOME);
  const work = async (): Promise<void> => {
    const client = new pg.Client(connectionString('postgres'));
    await client.connect();
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${template}`);
    }
    await client.end();
  };
  await Promise.all([work(), work()]);
}

/** What a script does that has no such command: it asks each database for its history, and compares nothing. */
async function runPsql({ programs, run }: Environment, list: string): Promise<number> {
  const question = 'SELECT name FROM pgmigrations ORDER BY run_on, id';
  const ask = `xargs -P ${CONCURRENCY} -I{} '${programs.psql}' -XAtqd {} -c '${question}' < '${list}' > /dev/null`;
  const { durationMs } = await run(['/bin/sh', '-c', ask]);
  return LARGEST / (durationMs / 1000);
}
