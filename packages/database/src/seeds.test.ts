import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../test/directory.ts';
import { openEmptyDatabase, type EmptyDatabase } from '../test/empty-database.ts';
import { readSeedFiles, runSeeds } from './seeds.ts';

let database: EmptyDatabase;
beforeAll(async () => {
  database = await openEmptyDatabase();
  await database.db.query('CREATE TABLE plants (position serial, name text NOT NULL)');
});
afterAll(() => database.drop());
beforeEach(() => database.db.query('TRUNCATE plants RESTART IDENTITY'));

/** The text of a seed that inserts one row, then runs `more`. */
function inserts(name: string, more = ''): string {
  return `export default async (client, context) => {
    await client.query('INSERT INTO plants (name) VALUES ($1)', ['${name}']);
    ${more}
  };`;
}

async function readPlants(): Promise<string[]> {
  const { rows } = await database.db.query<{ name: string }>('SELECT name FROM plants ORDER BY position');
  return rows.map(({ name }) => name);
}

test('a directory’s seeds are its modules, in alphabetical order, whatever the order of the disk', async () => {
  await using directory = await temporaryDirectory({
    '010_ten.ts': '',
    '002_two.mjs': '',
    '001_one.ts': '',
    '001_one_more.js': '',
    'B_upper.ts': '',
    'a_lower.mts': '',
    '003_three.test.ts': '',
    '003_three.spec.ts': '',
    '003_three.d.ts': '',
    '.hidden.ts': '',
    'plants.csv': '',
    'README.md': '',
  });
  await expect(readSeedFiles(directory.path)).resolves.toEqual([
    { name: '001_one', path: `${directory.path}/001_one.ts` },
    { name: '001_one_more', path: `${directory.path}/001_one_more.js` },
    { name: '002_two', path: `${directory.path}/002_two.mjs` },
    { name: '010_ten', path: `${directory.path}/010_ten.ts` },
    { name: 'B_upper', path: `${directory.path}/B_upper.ts` },
    { name: 'a_lower', path: `${directory.path}/a_lower.mts` },
  ]);
});

test('a directory that does not exist holds no seeds', async () => {
  await expect(runSeeds(database.db.pool, { directory: '/nowhere/at/all' })).resolves.toEqual([]);
});

test('seeds run in order, and each is told the environment and can say something', async () => {
  await using directory = await temporaryDirectory({
    '002_herbs.mjs': inserts('mint', 'context.log(`grown in ${context.environment}`);'),
    '001_trees.mjs': inserts('oak', 'context.log(`planted in ${context.environment}`);'),
  });
  const said: string[] = [];
  const results = await runSeeds(database.db.pool, {
    directory: directory.path,
    environment: 'test',
    log: (message) => void said.push(message),
  });
  expect(results).toEqual([
    { name: '001_trees', durationMs: expect.any(Number) as number },
    { name: '002_herbs', durationMs: expect.any(Number) as number },
  ]);
  expect(said).toEqual(['planted in test', 'grown in test']);
  await expect(readPlants()).resolves.toEqual(['oak', 'mint']);
});

test('without an environment a seed is told that it is development', async () => {
  await using directory = await temporaryDirectory({ '1.mjs': inserts('oak', 'context.log(context.environment);') });
  const said: string[] = [];
  await runSeeds(database.db.pool, { directory: directory.path, log: (message) => void said.push(message) });
  expect(said).toEqual(['development']);
});

test('a seed that throws is named with those done before it; nothing of it is kept, none after it runs', async () => {
  await using directory = await temporaryDirectory({
    '001_trees.mjs': inserts('oak'),
    '002_herbs.mjs': inserts('mint'),
    '003_moss.mjs': inserts('moss', `throw new Error('the moss has dried');`),
    '004_ferns.mjs': inserts('fern'),
  });
  await expect(runSeeds(database.db.pool, { directory: directory.path })).rejects.toMatchObject({
    code: 'SEED_FAILED',
    message: `seed 003_moss failed: the moss has dried (${directory.path}/003_moss.mjs); done before it: 001_trees, 002_herbs`,
    hint: 'nothing of the failed seed was kept; correct it and run the seeds again',
    cause: { message: 'the moss has dried' },
  });
  await expect(readPlants()).resolves.toEqual(['oak', 'mint']);
});

test('a seed whose query fails keeps pg’s error as the cause', async () => {
  await using directory = await temporaryDirectory({
    '001_trees.mjs': `export default (client) => client.query('INSERT INTO plants (name) VALUES (NULL)');`,
  });
  await expect(runSeeds(database.db.pool, { directory: directory.path })).rejects.toMatchObject({
    code: 'SEED_FAILED',
    message: expect.stringContaining('none was done before it') as string,
    cause: { code: '23502', column: 'name' },
  });
});

test('a seed that ignores a failed query fails', async () => {
  await using directory = await temporaryDirectory({
    '001_trees.mjs': inserts('oak', `await client.query('SELECT 1 / 0').catch(() => undefined);`),
  });
  await expect(runSeeds(database.db.pool, { directory: directory.path })).rejects.toMatchObject({
    code: 'SEED_FAILED',
    cause: { code: 'TRANSACTION_ABORTED', cause: { code: '22012' } },
  });
  await expect(readPlants()).resolves.toEqual([]);
});

test.each([
  ['without a default export', 'export const seed = 1;', 'has no function as its default export'],
  ['whose default export is no function', 'export default { name: "oak" };', 'has no function as its default export'],
  ['that does not parse', 'export default async (', 'cannot be loaded'],
  ['that imports what is not there', `import './gone.js';`, 'cannot be loaded'],
  ['that throws while it loads', `throw new Error('at load');`, 'cannot be loaded: at load'],
])('a seed %s is SEED_INVALID, and none has run, those before it neither', async (_, text, fact) => {
  await using directory = await temporaryDirectory({ '001_trees.mjs': inserts('oak'), '002_herbs.mjs': text });
  await expect(runSeeds(database.db.pool, { directory: directory.path })).rejects.toMatchObject({
    code: 'SEED_INVALID',
    message: expect.stringContaining(`seed 002_herbs ${fact}`) as string,
  });
  await expect(readPlants()).resolves.toEqual([]);
});

test('only the selected seeds are run, and only they are loaded', async () => {
  await using directory = await temporaryDirectory({
    '001_trees.mjs': 'this is no module',
    '002_herbs.mjs': inserts('mint'),
  });
  const results = await runSeeds(database.db.pool, {
    directory: directory.path,
    select: ({ name }) => name === '002_herbs',
  });
  expect(results.map(({ name }) => name)).toEqual(['002_herbs']);
});

test('what afterSeed writes is kept when the seed is, and undoes the seed when it fails', async () => {
  await using directory = await temporaryDirectory({
    '001_trees.mjs': inserts('oak'),
    '002_herbs.mjs': inserts('mint'),
  });
  const run = runSeeds(database.db.pool, {
    directory: directory.path,
    afterSeed: async (client, { name }, { durationMs }) => {
      expect(durationMs).toBeGreaterThan(0);
      await client.query('INSERT INTO plants (name) VALUES ($1)', [`after ${name}`]);
      if (name === '002_herbs') throw new Error('no register');
    },
  });
  await expect(run).rejects.toMatchObject({ code: 'SEED_FAILED', cause: { message: 'no register' } });
  await expect(readPlants()).resolves.toEqual(['oak', 'after 001_trees']);
});

/** Runs seeds in a Node process of its own. */
async function runUnderNode(directory: string): Promise<unknown> {
  const script = fileURLToPath(new URL('../test/run-seeds.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, database.connectionString, directory]);
  return JSON.parse(stdout);
}

const TYPED = `export default async (client: { query(text: string): Promise<unknown> }): Promise<void> => {
  await client.query("INSERT INTO plants (name) VALUES ('" + NAME + "')");
};`;

test.each([
  ['a package of modules', { 'package.json': '{ "type": "module" }' }],
  ['a package that says nothing of modules', { 'package.json': '{}' }],
])('in %s, Node runs seeds with types, enums and imports without extension', async (_, manifest) => {
  await using directory = await temporaryDirectory({
    ...manifest,
    'seeds/001_types.ts': `const NAME: string = 'typed'; ${TYPED}`,
    'seeds/002_enum.ts': `enum Plant { Moss = 'from an enum' } const NAME = Plant.Moss; ${TYPED}`,
    'seeds/003_import.ts': `import { NAME } from '../names'; ${TYPED}`,
    'names.ts': `export const NAME: string = 'imported without extension';`,
  });
  await expect(runUnderNode(`${directory.path}/seeds`)).resolves.toEqual({
    names: ['001_types', '002_enum', '003_import'],
  });
  await expect(readPlants()).resolves.toEqual(['typed', 'from an enum', 'imported without extension']);
});

test('under Node too, a seed that imports what is not there is SEED_INVALID and none has run', async () => {
  await using directory = await temporaryDirectory({
    'package.json': '{ "type": "module" }',
    'seeds/001_types.ts': `const NAME: string = 'typed'; ${TYPED}`,
    'seeds/002_gone.ts': `import { NAME } from './gone'; ${TYPED}`,
  });
  await expect(runUnderNode(`${directory.path}/seeds`)).resolves.toMatchObject({
    code: 'SEED_INVALID',
    message: expect.stringMatching(/^seed 002_gone cannot be loaded: .*gone/) as string,
  });
  await expect(readPlants()).resolves.toEqual([]);
});
