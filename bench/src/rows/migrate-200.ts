import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { PSQL_SCRIPT, writeDbmate, writeGraphileMigrate, writePsql } from '../fixtures/dialects.ts';
import { manyMigrations } from '../fixtures/many-migrations.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const DATABASE = 'bench_migrate_200';

/** The same SQL for everyone, in everyone's own markers, two hundred transactions, whole processes. */
export const migrate200: Row = {
  name: 'migrate-200',
  title: 'apply 200 migrations to an empty database',
  unit: 'ms',
  comparisons: [
    { ours: 'atriz migrate', peer: 'psql, one transaction a file', bar: { atMost: 1.25 } },
    { ours: 'atriz migrate', peer: 'node-pg-migrate up', bar: { atMost: 0.9 } },
    { ours: 'atriz migrate', peer: 'dbmate migrate', bar: { atMost: 1 } },
    { ours: 'atriz migrate', peer: 'graphile-migrate migrate' },
    { ours: 'atriz migrate', peer: 'psql, no COMMIT waiting for the disk' },
  ],
  run: async (environment) => {
    const commands = await prepare(environment);
    const contestants = Object.entries(commands).map(([name, command]) => {
      const run = async (): Promise<number> => {
        await environment.createDatabase(DATABASE);
        return (await command()).durationMs;
      };
      return [name, run] as const;
    });
    return runRounds(Object.fromEntries(contestants), { ...environment, rounds: 9 });
  },
};

async function prepare({ run, bin, makeDirectory, ...environment }: Environment) {
  const migrations = manyMigrations(200);
  const { root } = await makeWorkspace({ run, bin, makeDirectory, ...environment }, DATABASE, migrations);
  const peers = await makeDirectory(`${DATABASE}_peers`);
  const forPsql = join(peers, 'psql');
  const forDbmate = join(peers, 'dbmate');
  const forGraphile = join(peers, 'graphile');
  await writePsql(forPsql, migrations);
  await writeDbmate(forDbmate, migrations);
  await writeGraphileMigrate(forGraphile, migrations);
  await writeFile(join(forGraphile, '.gmrc'), '{}');

  const variables = { DATABASE_URL: environment.connectionString(DATABASE) };
  const script = join(forPsql, PSQL_SCRIPT);
  const psqlCommand = [
    environment.programs.psql,
    '-Xq',
    '-v',
    'ON_ERROR_STOP=1',
    '-d',
    DATABASE,
    '-f',
    script,
  ] as const;
  const nodePgMigrate = ['up', '--no-single-transaction', '--no-verbose'];
  const dbmate = ['--migrations-dir', forDbmate, '--no-dump-schema', 'migrate'];
  return {
    'atriz migrate': () => run([bin('atriz'), 'migrate'], { directory: root }),
    'psql, one transaction a file': () => run(psqlCommand),
    'node-pg-migrate up': () =>
      run([bin('node-pg-migrate'), ...nodePgMigrate], { directory: join(root, 'packages', 'owner'), variables }),
    'dbmate migrate': () => run([bin('dbmate'), ...dbmate], { variables }),
    'graphile-migrate migrate': () => run([bin('graphile-migrate'), 'migrate'], { directory: forGraphile, variables }),
    // Ours waits once, after the last: without its own waits psql shows what that is worth.
    'psql, no COMMIT waiting for the disk': () =>
      run(psqlCommand, { variables: { PGOPTIONS: '-c synchronous_commit=off' } }),
  };
}
