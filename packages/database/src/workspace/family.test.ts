import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/directory.ts';
import { readFamily } from './family.ts';

const WORKSPACE = { 'pnpm-workspace.yaml': 'packages:\n  - packages/*\n', 'package.json': '{ "name": "plantation" }' };

/** The files of a package; with a database when `database` names one. */
function files(
  directory: string,
  { database, ...manifest }: { readonly database?: string; readonly [field: string]: unknown } = {},
): Record<string, string> {
  const config = database === undefined ? {} : { [`${directory}/database.config.ts`]: configOf(database) };
  const name = directory.split('/').at(-1);
  return { [`${directory}/package.json`]: JSON.stringify({ name: `@plants/${name}`, ...manifest }), ...config };
}

function configOf(name: string): string {
  return `const name: string = '${name}'; export default { name };`;
}

test('the family is the workspace’s name and its databases with their owners and defaults', async () => {
  await using root = await temporaryDirectory({ ...WORKSPACE, ...files('packages/core', { database: 'shared' }) });
  await expect(readFamily(root.path)).resolves.toEqual({
    name: 'plantation',
    root: root.path,
    databases: [
      {
        name: 'shared',
        owner: '@plants/core',
        directory: `${root.path}/packages/core`,
        dependsOn: [],
        urlVariable: 'DATABASE_URL',
        directUrlVariable: undefined,
        migrationsDirectory: 'migrations',
        seedsDirectory: 'seeds',
        migrationsTable: 'pgmigrations',
      },
    ],
  });
});

test('databases stand after those that they depend on, through packages without one and by any kind of dependency', async () => {
  await using root = await temporaryDirectory({
    ...WORKSPACE,
    ...files('packages/apples', { database: 'apples', dependencies: { '@plants/between': 'workspace:*' } }),
    ...files('packages/between', { devDependencies: { '@plants/core': 'workspace:*', vitest: '1' } }),
    ...files('packages/core', { database: 'shared' }),
    ...files('packages/beets', { database: 'beets', peerDependencies: { '@plants/apples': 'workspace:*' } }),
    ...files('packages/alone', { database: 'alone' }),
  });
  const { databases } = await readFamily(root.path);
  expect(databases.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
    ['alone', []],
    ['shared', []],
    ['apples', ['shared']],
    ['beets', ['apples', 'shared']],
  ]);
});

test('a workspace without databases is an empty family, and one without a name is called workspace', async () => {
  await using root = await temporaryDirectory({
    'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
    'package.json': '{}',
    ...files('packages/a'),
  });
  await expect(readFamily(root.path)).resolves.toEqual({ name: 'workspace', root: root.path, databases: [] });
});

test.each(['', '# nothing yet\n', 'catalog:\n  pg: ^8\n'])(
  'a workspace that names no packages (%j) is an empty family',
  async (yaml) => {
    await using root = await temporaryDirectory({ 'pnpm-workspace.yaml': yaml, 'package.json': '{ "name": "p" }' });
    await expect(readFamily(root.path)).resolves.toMatchObject({ databases: [] });
  },
);

test('packages are where the patterns say, not where a negated one or node_modules says', async () => {
  await using root = await temporaryDirectory({
    'pnpm-workspace.yaml': `packages:\n  - packages/**\n  - tools\n  - '!packages/old'\n  - '!**/fixtures/**'\n`,
    'package.json': '{ "name": "plantation" }',
    ...files('packages/core', { database: 'shared' }),
    ...files('packages/deep/er', { database: 'deep' }),
    ...files('packages/old', { database: 'old' }),
    ...files('packages/core/fixtures/fake', { database: 'fake' }),
    ...files('packages/core/node_modules/installed', { database: 'installed' }),
    ...files('tools', { database: 'tools' }),
    ...files('elsewhere/lost', { database: 'lost' }),
  });
  const { databases } = await readFamily(root.path);
  expect(databases.map(({ name }) => name)).toEqual(['shared', 'deep', 'tools']);
});

test('a package without a name is passed over', async () => {
  await using root = await temporaryDirectory({
    ...WORKSPACE,
    'packages/nameless/package.json': '{}',
    'packages/nameless/database.config.ts': configOf('nameless'),
  });
  await expect(readFamily(root.path)).resolves.toMatchObject({ databases: [] });
});

test('two packages that define one database are DATABASE_DUPLICATE, with both named', async () => {
  await using root = await temporaryDirectory({
    ...WORKSPACE,
    ...files('packages/apples', { database: 'fruit' }),
    ...files('packages/pears', { database: 'fruit' }),
  });
  await expect(readFamily(root.path)).rejects.toMatchObject({
    code: 'DATABASE_DUPLICATE',
    message: 'database "fruit" is defined by @plants/apples and by @plants/pears',
  });
});

test('a cycle between packages with databases is DEPENDENCY_CYCLE, with its path', async () => {
  await using root = await temporaryDirectory({
    ...WORKSPACE,
    ...files('packages/a', { database: 'a', dependencies: { '@plants/b': '*' } }),
    ...files('packages/b', { dependencies: { '@plants/c': '*' } }),
    ...files('packages/c', { database: 'c', dependencies: { '@plants/b': '*' } }),
  });
  await expect(readFamily(root.path)).rejects.toMatchObject({
    code: 'DEPENDENCY_CYCLE',
    message: 'packages depend on each other in a circle: @plants/b → @plants/c → @plants/b',
  });
});

test('a cycle that no database depends on is none of our business', async () => {
  await using root = await temporaryDirectory({
    ...WORKSPACE,
    ...files('packages/a', { dependencies: { '@plants/b': '*' } }),
    ...files('packages/b', { dependencies: { '@plants/a': '*' } }),
    ...files('packages/c', { database: 'c' }),
  });
  await expect(readFamily(root.path)).resolves.toMatchObject({ databases: [{ name: 'c' }] });
});

test.each([
  ['has no default export', 'export const name = 1;', 'the database definition is not valid: name is missing'],
  [
    'has two faults',
    'export default { nam: "x" };',
    'the database definition is not valid: "nam" is not a known key; name is missing',
  ],
  ['throws', 'throw new Error("no secrets today");', 'no secrets today'],
])('a database.config.ts that %s is DEFINITION_INVALID with its file', async (_, text, reason) => {
  await using root = await temporaryDirectory({
    ...WORKSPACE,
    ...files('packages/core'),
    'packages/core/database.config.ts': text,
  });
  await expect(readFamily(root.path)).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: `packages/core/database.config.ts: ${reason}`,
    hint: 'it must say: export default defineDatabase({ name: "…" })',
  });
});

test('a database.config.ts that does not parse is DEFINITION_INVALID with its file', async () => {
  await using root = await temporaryDirectory({
    ...WORKSPACE,
    ...files('packages/core'),
    'packages/core/database.config.ts': 'export default {',
  });
  await expect(readFamily(root.path)).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: expect.stringMatching(/^packages\/core\/database\.config\.ts: /) as string,
  });
});

test('a broken package.json and a broken pnpm-workspace.yaml are DEFINITION_INVALID with their files', async () => {
  await using manifest = await temporaryDirectory({ ...WORKSPACE, 'packages/core/package.json': '{ "name": ' });
  await expect(readFamily(manifest.path)).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: expect.stringMatching(/packages\/core\/package\.json is not valid JSON: /) as string,
  });
  await using yaml = await temporaryDirectory({ ...WORKSPACE, 'pnpm-workspace.yaml': 'packages: [' });
  await expect(readFamily(yaml.path)).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: expect.stringMatching(/pnpm-workspace\.yaml is not valid YAML: /) as string,
  });
});
