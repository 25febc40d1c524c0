import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

const NUMBERS = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'];

let server: Server;
let workspace: Workspace;
let home: string;

/** The name of an instance's database; an instance is called by its number. */
const databaseOf = (number: string): string => `${home}_${number}`;
const listed = (...numbers: readonly string[]) => numbers.map((name) => ({ name, database: databaseOf(name) }));

async function define(instances: unknown): Promise<void> {
  const definition = JSON.stringify({ name: home, instances });
  await workspace.write(
    'packages/tenants/database.config.ts',
    `import { defineDatabase } from '@atriz/database';\nexport default defineDatabase(${definition});\n`,
  );
}

interface DatabaseDocument {
  readonly instances: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

async function json(...args: readonly string[]): Promise<{ code: number | null; database: DatabaseDocument }> {
  const { code, stdout } = await workspace.atriz([...args, '--json'], { in: 'tenants' });
  const { databases } = JSON.parse(stdout) as { databases: DatabaseDocument[] };
  return { code, database: databases[0]! };
}

beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    {
      registry: {
        migrations: { '1700000000001_tenants.sql': migration('CREATE TABLE tenants (name text, place text);') },
      },
      tenants: {
        dependsOn: ['registry'],
        migrations: { '1700000000001_notes.sql': migration('CREATE TABLE notes (text text);', 'DROP TABLE notes;') },
        seeds: { '001_notes.ts': `export default (client) => client.query("INSERT INTO notes VALUES ('first')");\n` },
      },
    },
    server,
  );
  home = workspace.database('tenants');
  await workspace.write('packages/tenants/tenants.json', JSON.stringify(listed(...NUMBERS)));
  await define({ file: 'tenants.json' });
});
afterAll(async () => {
  await server.drop([...NUMBERS, '13', '14'].map(databaseOf));
  await workspace[Symbol.asyncDispose]();
});

test('create and migrate reach the definition’s own database and each instance', async () => {
  const created = await workspace.atriz(['create'], { in: 'tenants' });
  expect(created).toMatchObject({ code: 0 });
  expect(created.stdout).toMatch(/^tenants +created +… ms\ntenants +12 instances +12 × created +… (?:ms|s)$/m);

  const migrated = await workspace.atriz(['migrate'], { in: 'tenants' });
  expect(migrated).toMatchObject({ code: 0 });
  expect(migrated.stdout).toMatch(/^tenants +12 instances +12 × 1 migration applied /m);
  expect(migrated.stderr).toContain('tenants: 12 of 12 instances\n');
});

test('a second run finds nothing to do', async () => {
  const { code, database } = await json('migrate');
  expect(code).toBe(0);
  expect(database).toMatchObject({
    status: 'done',
    applied: [],
    fleet: { instances: 12, done: 12, failed: 0, skipped: 0 },
  });
  expect(database.instances[0]).toEqual({ name: '01', status: 'done', durationMs: 0, applied: [], undone: [] });
});
