import { readFamily, type FamilyDatabase } from '@atriz/database/workspace';
import { migrateUp, type Target } from '@atriz/lifecycle';
import { createTestDatabase } from '@atriz/testing';
import type { TestDatabaseReport } from '../children/create-test-database.ts';
import type { Environment } from '../environment.ts';
import { copyFamily } from '../fixtures/family.ts';
import { openTarget } from '../fixtures/target.ts';
import { manyMigrations } from '../fixtures/many-migrations.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';
import { runChild } from '../node-child.ts';
import { runRounds, timed, type Contestant } from '../rounds.ts';
import type { Row } from '../row.ts';

const DATABASE = 'bench_template';
const CHILD = new URL('../children/create-test-database.ts', import.meta.url);

/** The schema is the one of `migrate-200`, and for comparison that of a young product; the template is there already. */
export const testDatabase: Row = {
  name: 'test-database',
  title: 'a test database from the template',
  unit: 'ms',
  comparisons: [
    { ours: 'createTestDatabase (call)', peer: 'createdb -T (process)', bar: { atMost: 1.15 } },
    { ours: 'createTestDatabase (process)', peer: 'createdb -T (process)' },
    { ours: 'createTestDatabase (call)', peer: 'migrateUp, 200 migrations (call)', bar: { atMost: 0.1 } },
    { ours: 'createdb -T (process)', peer: 'migrateUp, 200 migrations (call)' },
    { ours: 'createTestDatabase of mextrack_db (call)', peer: 'migrateUp of mextrack_db (call)' },
  ],
  run: async (environment) => {
    const { root } = await makeWorkspace(environment, DATABASE, manyMigrations(200));
    const { databases: own } = await readFamily(root);
    const { root: familyRoot } = await copyFamily(environment, 'family_template');
    const family = await readFamily(familyRoot);
    const mextrack = family.databases.find(({ name }) => name === 'mextrack_db')!;
    const template = await makeTemplate(environment, own[0]!);

    return runRounds(
      {
        'createTestDatabase (call)': cloning(environment, own[0]!),
        'createdb -T (process)': () => createdb(environment, template),
        'createTestDatabase (process)': async () => {
          return (await runChild<TestDatabaseReport>(environment, CHILD, [root])).durationMs;
        },
        'migrateUp, 200 migrations (call)': migrating(environment, await openTarget(environment, own[0]!, root)),
        'createTestDatabase of mextrack_db (call)': cloning(environment, mextrack),
        'migrateUp of mextrack_db (call)': migrating(environment, await openTarget(environment, mextrack, familyRoot)),
      },
      { rounds: 9, onFigure: environment.onFigure },
    );
  },
};

function cloning(environment: Environment, database: FamilyDatabase): Contestant {
  const { directory } = database;
  const { variables } = environment;
  return () => timed(() => createTestDatabase(database, { directory, variables }));
}

async function createdb(environment: Environment, template: string): Promise<number> {
  await environment.setAside([`${DATABASE}_clone`]);
  return (await environment.run([environment.programs.createdb, '-T', template, `${DATABASE}_clone`])).durationMs;
}

/** Into an empty database that is there already: what remains is the migrating alone. */
function migrating(environment: Environment, target: Target): Contestant {
  return async () => {
    await environment.createDatabase(target.database.name);
    return timed(() => migrateUp(target));
  };
}

/** The template's name is the library's own affair; it is the one that is new after the first clone. */
async function makeTemplate(environment: Environment, { directory, ...database }: FamilyDatabase): Promise<string> {
  const before = await environment.readDatabases();
  const { name: clone } = await createTestDatabase(database, { directory, variables: environment.variables });
  const after = await environment.readDatabases();
  return after.find((name) => name !== clone && !before.includes(name))!;
}
