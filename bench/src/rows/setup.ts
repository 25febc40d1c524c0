import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { psqlScript, readMigrations, writePsql } from '../fixtures/dialects.ts';
import { copyFamily, databasesOf, type FamilyCopy } from '../fixtures/family.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

/** An empty server becomes the migrated, seeded family: whole processes. What the seeds compute, psql only loads. */
export const setup: Row = {
  name: 'setup',
  title: '`db:setup` of the family, dependencies installed, server running',
  unit: 'ms',
  comparisons: [{ ours: 'atriz setup', peer: 'one psql: CREATE DATABASE, the migrations, the seeded rows' }],
  run: async (environment) => {
    const { run, bin, programs } = environment;
    const family = await copyFamily(environment, 'family_setup');
    const databases = databasesOf(family);
    const empty = async (): Promise<void> => {
      await environment.setAside(databases);
      await environment.query('postgres', 'CHECKPOINT');
    };
    const setUp = () => run([bin('atriz'), 'setup'], { directory: family.root });
    await empty();
    await setUp();
    const script = await writeScript(environment, family);
    return runRounds(
      {
        'atriz setup': async () => {
          await empty();
          return (await setUp()).durationMs;
        },
        'one psql: CREATE DATABASE, the migrations, the seeded rows': async () => {
          await empty();
          const flags = ['-Xq', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-d', 'postgres', '-f', script];
          return (await run([programs.psql, ...flags])).durationMs;
        },
      },
      environment,
    );
  },
};

/** Reads the seeded rows out of the databases that Atriz has just set up. */
async function writeScript(environment: Environment, { members }: FamilyCopy): Promise<string> {
  const directory = await environment.makeDirectory('family_setup_psql');
  const parts = [];
  for (const { database, directory: owner } of members) {
    const place = join(directory, database);
    const data = join(directory, `${database}.sql`);
    const migrations = await readMigrations(join(owner, 'migrations'));
    await mkdir(place);
    await writePsql(place, migrations);
    const flags = ['--data-only', '--schema=public', '--exclude-table=pgmigrations*'];
    // A seed makes the partitions, so that psql finds none.
    const partitions = '--load-via-partition-root';
    await environment.run([environment.programs.pgDump, ...flags, partitions, '--file', data, database]);
    parts.push(`CREATE DATABASE ${database};\n\\connect ${database}\n`, psqlScript(place, migrations));
    parts.push(`SET session_replication_role = replica;\n\\i ${data}\n\\connect postgres\n`);
  }
  const script = join(directory, 'family.psql');
  await writeFile(script, parts.join(''));
  return script;
}
