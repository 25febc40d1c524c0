import { setTimeout as wait } from 'node:timers/promises';
import { createDatabasePool, type DatabasePoolOptions } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CommandResult, RunningCommand } from './harness/command.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

/**
 * Every DELETE and UPDATE of a table counts itself, and waits while the test holds the lock of its number: so the
 * command can be met, and killed, in each statement by which it changes something.
 */
const STEPS = `
CREATE SEQUENCE deeds;
CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock(nextval('deeds')); RETURN NULL; END $$;`;

function table(name: string, columns: string): string {
  return `CREATE TABLE ${name} (${columns});
    CREATE TRIGGER meet BEFORE UPDATE OR DELETE ON ${name} FOR EACH STATEMENT EXECUTE FUNCTION meet();`;
}

function only(sql: string) {
  return { '1700000000001_tables.sql': migration(`${STEPS} ${sql}`) };
}

let server: Server;
let workspace: Workspace;
beforeAll(async () => {
  server = await openTestServer();
  workspace = await createWorkspace(
    {
      core: { migrations: only(table('users', 'id int PRIMARY KEY')) },
      app: { dependsOn: ['core'], migrations: only(table('vehicles', 'user_id int')) },
      shop: {
        dependsOn: ['core'],
        migrations: only(`${table('carts', 'user_id int')} ${table('sales', 'user_id int')}`),
      },
    },
    server,
  );
  const target = `${workspace.database('core')}.users.id`;
  const declare = (key: string, references: object[]) =>
    workspace.write(
      `packages/${key}/database.config.ts`,
      `import { defineDatabase } from '@atriz/database';
       export default defineDatabase(${JSON.stringify({ name: workspace.database(key), references })});`,
    );
  await declare('app', [{ table: 'vehicles', column: 'user_id', target, onDelete: 'cascade' }]);
  await declare('shop', [
    { table: 'carts', column: 'user_id', target, onDelete: 'set null' },
    { table: 'sales', column: 'user_id', target, onDelete: 'restrict' },
  ]);
  await workspace.atriz(['setup']);
});
beforeEach(async () => {
  await workspace.query('core', 'TRUNCATE users; INSERT INTO users VALUES (1), (2); ALTER SEQUENCE deeds RESTART');
  await workspace.query(
    'core',
    `DO $$ BEGIN IF to_regclass('atriz.deletions') IS NOT NULL THEN DELETE FROM atriz.deletions; END IF; END $$`,
  );
  await workspace.query(
    'app',
    `TRUNCATE vehicles; INSERT INTO vehicles SELECT 1 + n % 2 FROM generate_series(1, 4000) n; ALTER SEQUENCE deeds RESTART`,
  );
  await workspace.query(
    'shop',
    'TRUNCATE carts, sales; INSERT INTO carts VALUES (1), (2); ALTER SEQUENCE deeds RESTART',
  );
});
afterAll(() => workspace[Symbol.asyncDispose]());

const COMMAND = (): string[] => ['references', 'delete', `${workspace.database('core')}.users.id=1`, '--yes'];

/** What is left of the user: rows of the user's, and of others. */
async function readRows() {
  const [core] = await workspace.query<{ ids: number[] }>('core', 'SELECT array_agg(id ORDER BY id) AS ids FROM users');
  const [app] = await workspace.query<{ mine: number; others: number }>(
    'app',
    `SELECT count(*) FILTER (WHERE user_id = 1)::int AS mine, count(*) FILTER (WHERE user_id = 2)::int AS others FROM vehicles`,
  );
  const [shop] = await workspace.query<{ carts: (number | null)[] }>(
    'shop',
    'SELECT array_agg(user_id ORDER BY user_id) AS carts FROM carts',
  );
  return { users: core!.ids, ...app!, ...shop! };
}

/** Holds a lock in a database of the workspace while `work` runs; waits first until somebody wants it. */
async function whileHeld(
  key: string,
  statement: string,
  work: (wanted: (by: RunningCommand) => Promise<void>) => Promise<void>,
): Promise<void> {
  const options = { ...server.parameters, database: workspace.database(key), max: 1 } as DatabasePoolOptions;
  await using db = createDatabasePool(options);
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(statement);
    await work(async ({ result }) => {
      const ends: CommandResult[] = [];
      void result.then((end) => ends.push(end));
      while (ends.length === 0) {
        const { rowCount } = await client.query(
          // not by pg_stat_activity, which says the same for as long as this transaction lasts
          `SELECT FROM pg_locks WHERE NOT granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        if (rowCount !== 0) return;
        await wait(20);
      }
      throw new Error(`it ended with ${ends[0]!.code}, and never wanted the lock:\n${ends[0]!.stderr}`);
    });
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

describe('a deletion that is killed', () => {
  // shop comes before app, both before core; in each the first deed is the probe, in core the second is the deletion.
  const deeds: [string, number][] = [
    ['shop', 1],
    ['shop', 2],
    ['shop', 3],
    ['app', 1],
    ['app', 2],
    ['app', 3],
    ['app', 4],
    ['app', 5],
    ['core', 1],
    ['core', 2],
  ];
  test.each(deeds)('in %s, in its change number %i, goes on when it is run again', async (key, number) => {
    await whileHeld(key, `SELECT pg_advisory_xact_lock(${number})`, async (wanted) => {
      const command = workspace.start(COMMAND());
      await wanted(command);
      command.child.kill('SIGKILL');
      await command.result;
    });
    const { users, others } = await readRows();
    expect(users).toEqual([1, 2]);
    expect(others).toBe(2000);

    const again = await workspace.atriz(COMMAND());
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain('core.users.id 1 deleted');
    await expect(readRows()).resolves.toEqual({ users: [2], mine: 0, others: 2000, carts: [2, null] });
    await expect(workspace.query('core', 'SELECT step FROM atriz.deletions')).resolves.toEqual([{ step: 'done' }]);
    await expect(workspace.atriz(COMMAND())).resolves.toMatchObject({
      code: 0,
      stdout: 'there is no core.users.id 1; nothing was changed\n',
    });
  });

  test('while it looks for what restricts, has changed nothing', async () => {
    await whileHeld('shop', 'LOCK TABLE sales', async (wanted) => {
      const command = workspace.start(COMMAND());
      await wanted(command);
      command.child.kill('SIGKILL');
      await command.result;
    });
    await expect(readRows()).resolves.toEqual({ users: [1, 2], mine: 2000, others: 2000, carts: [1, 2] });
    await expect(workspace.atriz(COMMAND())).resolves.toMatchObject({ code: 0 });
    await expect(readRows()).resolves.toEqual({ users: [2], mine: 0, others: 2000, carts: [2, null] });
  });
});

test('Ctrl-C ends it with 130, and it goes on when it is run again', async () => {
  await whileHeld('app', 'SELECT pg_advisory_xact_lock(3)', async (wanted) => {
    const command = workspace.start(COMMAND());
    await wanted(command);
    command.child.kill('SIGINT');
    await expect(command.result).resolves.toMatchObject({
      code: 130,
      stderr: expect.stringContaining('INTERRUPTED interrupted; what was committed before it stays so') as string,
    });
  });
  await expect(readRows()).resolves.toMatchObject({ users: [1, 2], mine: 1000, carts: [2, null] });
  const again = await workspace.atriz(COMMAND());
  expect(again.stdout).toContain('core.users.id 1 deleted; an earlier run had begun it');
  await expect(readRows()).resolves.toEqual({ users: [2], mine: 0, others: 2000, carts: [2, null] });
  const newest = `SELECT outcome, changes FROM atriz.runs WHERE command = 'references delete' ORDER BY started_at DESC LIMIT 2`;
  await expect(workspace.query('core', newest)).resolves.toEqual([
    { outcome: 'done', changes: [expect.stringContaining('.users.id 1') as string] },
    { outcome: null, changes: [] },
  ]);
});
