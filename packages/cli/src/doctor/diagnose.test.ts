import { defineDatabase } from '@atriz/database';
import { expect, test } from 'vitest';
import { diagnose } from './diagnose.ts';
import type { Facts, Owner, TurboTask } from './facts.ts';

const SCRIPTS = {
  'db:create': 'atriz create',
  'db:migrate': 'atriz migrate',
  'db:seed': 'atriz seed',
  'db:clean': 'atriz clean',
  'db:reset': 'atriz reset',
  migrate: 'atriz migrate',
  'migrate:create': 'atriz migrate create',
};
const DEPENDENCIES = { '@atriz/cli': '^0.1.0', '@atriz/database': '^0.1.0', kysely: '^0.29.0' };

const USERS: Owner = {
  name: '@acme/users',
  directory: 'packages/users',
  manifest: { scripts: SCRIPTS, dependencies: DEPENDENCIES },
  definition: defineDatabase({ name: 'users_db', urlVariable: 'USERS_URL', directUrlVariable: 'USERS_DIRECT_URL' }),
  dependsOn: [],
  migrations: new Map(),
  seeds: new Map(),
  hasTypes: true,
  turbo: undefined,
};
const SHOP: Owner = {
  ...USERS,
  name: '@acme/shop',
  directory: 'apps/shop',
  definition: defineDatabase({ name: 'shop_db' }),
  dependsOn: ['users_db'],
};

function task(name: string): TurboTask {
  return { cache: false, dependsOn: [`^${name}`] };
}

const TASKS = Object.fromEntries(
  Object.keys(SCRIPTS)
    .slice(0, 5)
    .map((name) => [name, task(name)]),
);
const PASSED = ['ATRIZ_*', '*_URL', 'DATABASE_*', 'DISABLE_*', 'FORCE_COLOR', 'LOG_LEVEL', 'MIGRATION_*', 'NO*', 'PG*'];
const TURBO = { tasks: TASKS, globalPassThroughEnv: [...PASSED, 'REQUIRE_*'] };

const SOUND: Facts = {
  root: { scripts: { 'db:create': 'turbo run db:create --' }, engines: { node: '>=24' } },
  owners: [USERS, SHOP],
  turbo: TURBO,
  builds: [{ name: '@acme/users', missing: undefined, sourceMs: 5000, builtMs: 5000 }],
  exposed: [],
  nodeVersion: '24.1.0',
};

/** What is wrong with a workspace that differs from a sound one in this. */
function faultsOf(change: Partial<Facts>): object[] {
  return diagnose({ ...SOUND, ...change })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, message, mend }) => ({ level, message, mend }));
}

test('of a sound workspace each check says that all is well', () => {
  expect(diagnose(SOUND).map(({ check, level }) => `${check}: ${level}`)).toEqual([
    'node: ok',
    'packages: ok',
    'order: ok',
    'turbo tasks: ok',
    'turbo variables: ok',
    'builds: ok',
    'secrets: ok',
  ]);
});

test('a variable that Turbo strips', () => {
  const globalPassThroughEnv = TURBO.globalPassThroughEnv.filter((each) => each !== '*_URL' && each !== 'LOG_LEVEL');
  expect(faultsOf({ turbo: { ...TURBO, globalPassThroughEnv } })).toEqual([
    {
      level: 'fail',
      message: 'Turbo strips USERS_DIRECT_URL, USERS_URL from db:create, db:migrate, db:seed, db:clean, db:reset',
      mend: 'add to globalPassThroughEnv in turbo.json: "USERS_DIRECT_URL", "USERS_URL"',
    },
    {
      level: 'warn',
      message: 'Turbo strips LOG_LEVEL from db:create, db:migrate, db:seed, db:clean, db:reset',
      mend: 'add to globalPassThroughEnv in turbo.json: "LOG_LEVEL"',
    },
  ]);
});

test('a variable may be named for all tasks or for one, to be passed or to be hashed; a pattern with ! takes it out', () => {
  const rest = TURBO.globalPassThroughEnv.filter((each) => each !== 'PG*');
  const PG = ['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGSSLMODE'];
  const all = (settings: Partial<TurboTask>): Facts['turbo'] => ({
    globalPassThroughEnv: rest,
    tasks: Object.fromEntries(Object.keys(TASKS).map((name) => [name, { ...task(name), ...settings }])),
  });
  expect(faultsOf({ turbo: { ...TURBO, globalPassThroughEnv: rest, globalEnv: PG } })).toEqual([]);
  expect(faultsOf({ turbo: all({ env: PG }) })).toEqual([]);
  expect(faultsOf({ turbo: all({ passThroughEnv: PG }) })).toEqual([]);
  expect(faultsOf({ turbo: { ...all({}), envMode: 'loose' } })).toEqual([]);
  expect(faultsOf({ turbo: all({ env: ['PG*', '!PGPORT'] }) })).toMatchObject([
    { message: expect.stringMatching(/^Turbo strips PGPORT from /) },
  ]);
});

test('a cached db task', () => {
  const tasks = { ...TASKS, 'db:seed': { dependsOn: ['^db:seed'] } };
  expect(faultsOf({ turbo: { ...TURBO, tasks } })).toEqual([
    {
      level: 'fail',
      message: 'Turbo caches db:seed: the second time it says what the first one did, and does nothing',
      mend: 'set "cache": false for db:seed in turbo.json',
    },
  ]);
});

test('a db task that does not wait for the databases that others depend on', () => {
  const tasks = { ...TASKS, 'db:migrate': { cache: false, dependsOn: ['build'] } };
  expect(faultsOf({ turbo: { ...TURBO, tasks } })).toEqual([
    {
      level: 'fail',
      message: 'db:migrate does not wait for the databases that others depend on',
      mend: 'add "^db:migrate" to the dependsOn of db:migrate in turbo.json',
    },
  ]);
});

test('a task that is another for one package', () => {
  const tasks = { ...TASKS, '@acme/shop#db:seed': { cache: false } };
  expect(faultsOf({ turbo: { ...TURBO, tasks } })).toEqual([
    {
      level: 'fail',
      message: '@acme/shop#db:seed does not wait for the databases that others depend on',
      mend: 'add "^db:seed" to the dependsOn of @acme/shop#db:seed in turbo.json',
    },
  ]);
  const own = (task: TurboTask): object[] =>
    faultsOf({ owners: [USERS, { ...SHOP, turbo: { tasks: { 'db:seed': task } } }] });
  expect(own({ cache: true })).toMatchObject([{ mend: 'set "cache": false for db:seed in apps/shop/turbo.json' }]);
  expect(own({ dependsOn: ['build'] })).toMatchObject([
    { mend: 'add "^db:seed" to the dependsOn of db:seed in apps/shop/turbo.json' },
  ]);
  expect(own({ dependsOn: ['$TURBO_EXTENDS$', 'build'] })).toEqual([]);
});

test('a task that Turbo does not know, and no turbo.json at all', () => {
  const { 'db:create': _, ...tasks } = TASKS;
  expect(faultsOf({ turbo: { ...TURBO, tasks } })).toEqual([
    {
      level: 'fail',
      message: 'db:create is no task of turbo.json',
      mend: 'add "db:create": { "cache": false, "dependsOn": ["^db:create"] }',
    },
  ]);
  expect(faultsOf({ turbo: undefined })).toMatchObject([
    { level: 'fail', message: 'db:create run Turbo, but there is no turbo.json' },
  ]);
  expect(faultsOf({ turbo: undefined, root: {} })).toEqual([]);
});

test('a package with a database but without the scripts', () => {
  const { 'db:seed': _, migrate: __, ...scripts } = SCRIPTS;
  const owner = { ...SHOP, manifest: { ...SHOP.manifest, scripts } };
  expect(faultsOf({ owners: [USERS, owner] })).toEqual([
    {
      level: 'fail',
      message: '@acme/shop has a database, but not the scripts db:seed, migrate: it is left out without a word',
      mend: 'add to the scripts of apps/shop/package.json: "db:seed": "atriz seed", "migrate": "atriz migrate"',
    },
  ]);
});

test('a package without what its own files need', () => {
  const owner = { ...SHOP, manifest: { scripts: SCRIPTS, dependencies: { '@atriz/database': '^0.1.0' } } };
  expect(faultsOf({ owners: [USERS, owner] })).toEqual([
    {
      level: 'fail',
      message: '@acme/shop does not depend on @atriz/cli: its scripts run atriz',
      mend: 'add @atriz/cli to the dependencies of apps/shop/package.json, and run pnpm install',
    },
    {
      level: 'fail',
      message: '@acme/shop does not depend on kysely: src/schema.ts imports it',
      mend: 'add kysely to the dependencies of apps/shop/package.json, and run pnpm install',
    },
  ]);
  expect(faultsOf({ owners: [USERS, { ...owner, hasTypes: false }] })).toHaveLength(1);
});

test.each([
  [
    { migrations: new Map([['apps/shop/migrations/1_a.sql', '-- requires: users_db@1_users\n-- Up Migration']]) },
    'fail',
    'apps/shop/migrations/1_a.sql',
  ],
  [
    {
      definition: defineDatabase({
        name: 'shop_db',
        references: [{ table: 'sales', column: 'user_id', target: 'users_db.users.id', onDelete: 'report' }],
      }),
    },
    'fail',
    'apps/shop/database.config.ts',
  ],
  [
    { seeds: new Map([['apps/shop/seeds/1_a.ts', "import { id } from '@acme/users';"]]) },
    'warn',
    'apps/shop/seeds/1_a.ts',
  ],
])('a package that names another database without depending on it (%#)', (change, level, path) => {
  const owner = { ...SHOP, ...change };
  expect(faultsOf({ owners: [USERS, owner] })).toEqual([]);
  expect(faultsOf({ owners: [USERS, { ...owner, dependsOn: [] }] })).toEqual([
    {
      level,
      message: `${path} names users_db, but @acme/shop does not depend on @acme/users`,
      mend: 'add "@acme/users": "workspace:*" to the dependencies of apps/shop/package.json',
    },
  ]);
});

test('a name that is only part of another is no name', () => {
  const seeds = new Map([
    ['apps/shop/seeds/1_a.ts', "'old_users_db', 'users_db2', '@acme/users-web', '@acme/users_x'"],
  ]);
  expect(faultsOf({ owners: [USERS, { ...SHOP, dependsOn: [], seeds }] })).toEqual([]);
});

test.each([
  ['22.9.0', '>=24', '24.0.0'],
  ['24.0.1', '>=24.2', '24.2.0'],
  ['23.11.0', '>=18', '24.0.0'],
])('Node %s where %s is asked for', (nodeVersion, node, least) => {
  expect(faultsOf({ nodeVersion, root: { engines: { node } } })).toMatchObject([
    { level: 'fail', message: `this is Node ${nodeVersion}, and ${least} is the oldest that serves` },
  ]);
  expect(faultsOf({ nodeVersion: '25.0.0', root: { engines: { node } } })).toEqual([]);
});

test('what is not built, and what was built before it was changed', () => {
  const built = { name: '@acme/users', missing: undefined, sourceMs: 20_000, builtMs: 10_000 };
  const missing = { ...built, name: '@acme/cli', missing: 'packages/cli/dist/index.js' };
  expect(faultsOf({ builds: [built, missing] })).toEqual([
    { level: 'warn', message: '@acme/users was changed after it was built', mend: 'pnpm build' },
    { level: 'fail', message: '@acme/cli is not built: packages/cli/dist/index.js is missing', mend: 'pnpm build' },
  ]);
});

test('files with passwords that git would take, or has', () => {
  const exposed = [
    { path: 'apps/shop/.env', tracked: false },
    { path: '.env', tracked: true },
    { path: '.atriz/server.json', tracked: false },
  ];
  expect(faultsOf({ exposed })).toEqual([
    { level: 'fail', message: 'git does not ignore apps/shop/.env', mend: 'add .env to .gitignore' },
    {
      level: 'fail',
      message: '.env is in git, with the passwords in it',
      mend: 'git rm --cached .env, add .env to .gitignore, and change the passwords',
    },
    { level: 'fail', message: 'git does not ignore .atriz/server.json', mend: 'add .atriz to .gitignore' },
  ]);
  expect(faultsOf({ exposed: undefined })).toEqual([]);
});
