import { beforeAll, expect, test } from 'vitest';
import { readWhole } from './harness/contents.ts';
import { readCommands } from './harness/grammar.ts';
import { openTestServer, type Server } from './harness/server.ts';
import { createWorkspace, migration, seed, type Workspace } from './harness/workspace.ts';

const PLANTS = {
  '1700000000001_plants.sql': migration('CREATE TABLE plants (id serial, name text);', 'DROP TABLE plants;'),
};
const SEEDS = { '001_plants.ts': seed(`await client.query("INSERT INTO plants (name) VALUES ('oak')");`) };
const PENDING = '1700000000002_weeds';

/** The commands that write into a database, and how each is run when it would write most; ORCHARD is that database. */
const WRITING: Readonly<Record<string, readonly string[]>> = {
  setup: [],
  'roles apply': [],
  'roles password': ['app', '--output', 'app.password'],
  create: [],
  seed: [],
  clean: ['--yes'],
  reset: ['--yes'],
  drop: ['--yes'],
  maintain: [],
  'identity set': ['--protected', '--yes'],
  'migrate up': [],
  'migrate down': [],
  'migrate redo': [],
  'migrate undo': ['--run', '4f1c2a9b-0000-4000-8000-000000000001', '--yes'],
  'migrate resolve': ['--applied', PENDING],
  'migrate baseline': ['--to', PENDING, '--yes'],
  'migrate repair': ['--yes'],
  'references check': ['--fix', '--yes'],
  'backup restore': ['--in-place', '--yes'],
  'backup schedule': ['--once'],
  'references delete': ['ORCHARD.plants.id=1', '--yes'],
};

/** Those that only read it, or need none: whatever they answer, they write nothing. */
const READING: Readonly<Record<string, readonly string[]>> = {
  status: [],
  health: [],
  generate: [],
  history: [],
  doctor: [],
  validate: [],
  'audit verify': [],
  'backup create': [],
  'backup list': [],
  'backup show': [],
  'backup verify': ['--restore'],
  'backup drill': [],
  'backup health': [],
  'backup prune': ['--yes'],
  'backup pgbackrest init': ['--yes'],
  'backup pgbackrest check': [],
  'backup pgbackrest backup': [],
  'backup pgbackrest info': [],
  'backup pgbackrest expire': [],
  'roles check': [],
  'check env': [],
  'identity show': [],
  'migrate status': [],
  'migrate check': [],
  'migrate plan': [],
  'migrate lint': [],
  'migrate create': ['more_plants'],
  'migrate squash': ['--to', PENDING, '--yes'],
  'references list': [],
};

/** About the embedded server, which no database of this test is on, and about the workspace's files. */
const NEITHER = ['start', 'stop', 'new'];

/** For tests that run every command there is. */
const WHOLE_GRAMMAR_MS = 300_000;

let server: Server;
beforeAll(async () => {
  server = await openTestServer();
});

function argumentsOf(command: string, workspace: Workspace): string[] {
  const args = WRITING[command] ?? READING[command] ?? [];
  return [...command.split(' '), ...args.map((each) => each.replace('ORCHARD', workspace.database('orchard')))];
}

/** Two applications whose migrations and seeds are the same to the letter, so that only their identities differ. */
async function plantTwo(): Promise<Workspace> {
  const workspace = await createWorkspace(
    { garden: { migrations: PLANTS, seeds: SEEDS }, orchard: { migrations: PLANTS, seeds: SEEDS } },
    server,
  );
  await expect(workspace.atriz(['setup'])).resolves.toMatchObject({ code: 0 });
  await workspace.write(`packages/garden/migrations/${PENDING}.sql`, migration('CREATE TABLE weeds ();'));
  await workspace.write(
    'packages/garden/database.config.ts',
    `import { defineDatabase } from '@atriz/database';
export default defineDatabase({
  name: ${JSON.stringify(workspace.database('garden'))},
  references: [{ table: 'plants', column: 'id', target: '${workspace.database('orchard')}.plants.id', onDelete: 'cascade' }],
});
`,
  );
  return workspace;
}

test('every command of the grammar is known here as one that writes, that reads, or that has none', async () => {
  const known = new Set([...Object.keys(WRITING), ...Object.keys(READING), ...NEITHER]);
  const unknown = (await readCommands()).filter((command) => !known.has(command));
  expect({ addThemToTheListsAbove: unknown }).toEqual({ addThemToTheListsAbove: [] });
});

test('the comparison sees every kind of write: a row, the same row again, a counter, an object, a setting', async () => {
  await using workspace = await plantTwo();
  const name = workspace.database('orchard');
  for (const statement of [
    `INSERT INTO plants (name) VALUES ('elm')`,
    'UPDATE plants SET name = name',
    'UPDATE atriz.identity SET created_at = created_at',
    `SELECT nextval('plants_id_seq')`,
    'CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    `COMMENT ON TABLE plants IS 'green'`,
    'GRANT SELECT ON plants TO PUBLIC',
    `ALTER DATABASE "${name}" SET work_mem = '5MB'`,
  ]) {
    const before = await readWhole(server, name);
    await server.query(name, statement);
    expect({ statement, ...(await readWhole(server, name)) }).not.toEqual({ statement, ...before });
  }
  const before = await readWhole(server, name);
  await server.query(name, 'VACUUM ANALYZE');
  expect(await readWhole(server, name)).toEqual(before); // upkeep is no write
});

test(
  'a DATABASE_URL exported to another’s database: what writes is refused, and nothing at all is written there',
  async () => {
    await using workspace = await plantTwo();
    const wrong = workspace.database('orchard');
    const before = await readWhole(server, wrong);
    const env = { DATABASE_URL: server.url(wrong) };
    const commands = await readCommands();

    for (const command of commands.filter((each) => each in WRITING)) {
      const { code, stderr } = await workspace.atriz(argumentsOf(command, workspace), { in: 'garden', env });
      expect({ command, code, stderr }).toEqual({
        command,
        code: 3,
        stderr: expect.stringContaining(
          'IDENTITY_MISMATCH "orchard" on SERVER, named by DATABASE_URL of the process, is orchard of family fixture, not garden of family fixture\n',
        ) as string,
      });
      expect({ command, ...(await readWhole(server, wrong)) }).toEqual({ command, ...before });
    }
    const status = await workspace.atriz(['status', '--json'], { in: 'garden', env });
    expect(status.code).toBe(3);
    expect(JSON.parse(status.stdout)).toMatchObject({ databases: [{ problems: [{ code: 'IDENTITY_MISMATCH' }] }] });
    for (const command of commands.filter((each) => each in READING)) {
      await workspace.atriz(argumentsOf(command, workspace), { in: 'garden', env });
      expect({ command, ...(await readWhole(server, wrong)) }).toEqual({ command, ...before });
    }
  },
  WHOLE_GRAMMAR_MS,
);

test(
  'a database of production is refused to whatever writes in development, and one of development in production',
  async () => {
    await using workspace = await plantTwo();
    const name = workspace.database('garden');
    const all = (await readCommands()).filter((each) => each in WRITING && each !== 'identity set');
    for (const [environment, NODE_ENV] of [
      ['production', 'development'],
      ['staging', 'production'],
    ] as const) {
      for (const key of ['garden', 'orchard']) {
        await workspace.query(key, `UPDATE atriz.identity SET environment = '${environment}'`);
      }
      const before = await readWhole(server, name);
      // Production wants a URL, and one of them cannot name the two databases that references are about.
      const url = NODE_ENV === 'production' ? { DATABASE_URL: server.url(name) } : {};
      const commands = all.filter((each) => NODE_ENV !== 'production' || !each.startsWith('references'));
      for (const command of commands) {
        const env = { ...url, NODE_ENV, REQUIRE_MIGRATION_BACKUP: 'false', ATRIZ_ALLOW_DESTRUCTIVE: name };
        const { code, stderr } = await workspace.atriz(argumentsOf(command, workspace), { in: 'garden', env });
        expect({ command, code, stderr }).toEqual({
          command,
          code: 3,
          stderr: expect.stringContaining(
            `is a database of environment ${environment}, and here NODE_ENV says ${NODE_ENV}\n`,
          ) as string,
        });
        expect({ command, ...(await readWhole(server, name)) }).toEqual({ command, ...before });
      }
    }
  },
  WHOLE_GRAMMAR_MS,
);

test('development, test and staging take each other’s databases', async () => {
  await using workspace = await plantTwo();
  for (const NODE_ENV of ['test', 'staging', 'development']) {
    await expect(workspace.atriz(['setup'], { in: 'garden', env: { NODE_ENV } })).resolves.toMatchObject({ code: 0 });
    await expect(workspace.atriz(['status'], { in: 'garden', env: { NODE_ENV } })).resolves.toMatchObject({ code: 0 });
  }
});

test('a clone of production is taken over by the command that the refusal gives', async () => {
  await using workspace = await plantTwo();
  const name = workspace.database('garden');
  await workspace.query('garden', `UPDATE atriz.identity SET environment = 'production', protected = true`);

  const refused = await workspace.start(['migrate'], { in: 'garden' }).result;
  expect(refused.code).toBe(3);
  const command = /if this is a copy of it: (.*)$/m.exec(refused.stderr)![1]!;
  expect(command).toBe(
    `ATRIZ_ALLOW_DESTRUCTIVE=${name} pnpm exec atriz identity set --database ${name} --environment development`,
  );
  const args = command.slice(command.indexOf('identity')).split(' ');
  const env = { ATRIZ_ALLOW_DESTRUCTIVE: name };
  await expect(workspace.atriz([...args, '--yes'])).resolves.toMatchObject({
    code: 3,
    stderr: expect.stringContaining(
      `DESTRUCTIVE_REFUSED refused to set the identity of "garden": it is production's, and would be development's\n`,
    ) as string,
  });
  await expect(workspace.atriz(args, { env })).resolves.toMatchObject({
    code: 3,
    stdout: 'garden: environment production → development\n',
    stderr: expect.stringContaining('CONFIRMATION_REQUIRED') as string,
  });
  await expect(workspace.atriz([...args, '--yes'], { env })).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('environment production → development') as string,
  });
  await expect(workspace.atriz(['migrate'], { in: 'garden' })).resolves.toMatchObject({ code: 0 });
  // It stays protected until that is said too.
  await expect(workspace.atriz(['clean', '--yes'], { in: 'garden' })).resolves.toMatchObject({ code: 3 });
  const release = ['identity', 'set', '--no-protected', '--yes', '--json'];
  const released = await workspace.atriz(release, { in: 'garden', env });
  expect(JSON.parse(released.stdout)).toMatchObject({
    databases: [{ status: 'done', before: { protected: true }, identity: { protected: false }, changed: true }],
  });
  await expect(workspace.atriz(['clean', '--yes'], { in: 'garden' })).resolves.toMatchObject({ code: 0 });
});

test('identity set adopts one database at a time, and says when there is nothing to do', async () => {
  await using workspace = await plantTwo();
  const env = { DATABASE_URL: server.url(workspace.database('orchard')) };
  const adopt = ['identity', 'set', '--adopt', '--yes'];

  await expect(workspace.atriz(adopt)).resolves.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('ARGUMENT_INVALID --adopt is about one database\n') as string,
  });
  await expect(workspace.atriz(adopt, { in: 'garden', env })).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('definition orchard → garden') as string,
  });
  await expect(workspace.atriz(['status'], { in: 'garden', env })).resolves.toMatchObject({ code: 0 });
  await expect(workspace.atriz(adopt, { in: 'garden', env })).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('is that already') as string,
  });
  await expect(workspace.atriz(['identity', 'set'], { in: 'garden' })).resolves.toMatchObject({ code: 2 });
});

test('identity show tells of every database which it is, and whether that is the one meant', async () => {
  await using workspace = await plantTwo();
  const { code, stdout, stderr } = await workspace.atriz(['identity']);
  const [headings, ...lines] = stdout
    .replaceAll(/\d{4}-\d\d-\d\d/g, 'DATE')
    .trimEnd()
    .split('\n');
  expect([code, stderr]).toEqual([0, '']);
  expect(headings!.split(/ +/)).toEqual([
    'DATABASE',
    'FAMILY',
    'DEFINITION',
    'ENVIRONMENT',
    'PROTECTED',
    'SINCE',
    'STATE',
  ]);
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
    ['garden', 'fixture', 'garden', 'development', 'no', 'DATE', 'as expected'],
    ['orchard', 'fixture', 'orchard', 'development', 'no', 'DATE', 'as expected'],
  ]);

  const env = { DATABASE_URL: server.url(workspace.database('orchard')) };
  const wrong = await workspace.atriz(['identity', 'show', '--json'], { in: 'garden', env });
  expect(wrong.code).toBe(3);
  expect(JSON.parse(wrong.stdout)).toEqual({
    databases: [
      {
        name: 'garden',
        owner: '@fixture/garden',
        reachable: true,
        identity: {
          family: 'fixture',
          definition: 'orchard',
          environment: 'development',
          protected: false,
          since: expect.any(String) as string,
        },
        expected: { family: 'fixture', definition: 'garden', environment: 'development' },
        agrees: false,
        problems: [
          {
            code: 'IDENTITY_MISMATCH',
            message:
              '"orchard" on SERVER, named by DATABASE_URL of the process, is orchard of family fixture, not garden of family fixture',
            hint: 'correct the connection of @fixture/garden; see which settings were used: pnpm check:env',
          },
        ],
      },
    ],
  });

  await server.query(workspace.database('orchard'), 'DROP SCHEMA atriz CASCADE');
  const unmarked = await workspace.atriz(['identity', 'show', '--json'], { in: 'orchard' });
  expect(unmarked.code).toBe(0);
  expect(JSON.parse(unmarked.stdout)).toMatchObject({ databases: [{ identity: null, agrees: null, problems: [] }] });
});
