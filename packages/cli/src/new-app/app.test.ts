import { expect, test } from 'vitest';
import { planApp, type Surrounding } from './app.ts';

const SURROUNDING: Surrounding = {
  packages: [
    { name: 'bench', directory: 'bench' },
    { name: '@acme/shop', directory: 'apps/shop' },
    { name: '@acme/till', directory: 'apps/till' },
    { name: '@acme/reports-web', directory: 'packages/reports-web' },
  ],
  databases: ['shop_db', 'till_db', 'old_books_db'],
  rootScripts: ['build', 'db:create', 'db:create:core'],
  occupied: false,
  version: '0.1.0',
  specifiers: new Map([['@atriz/database', '^0.1.0']]),
};

test('names of package and database follow from the name and the workspace', () => {
  const { specifierOf, ...app } = planApp('front-desk2', SURROUNDING);

  expect(app).toEqual({
    name: 'front-desk2',
    packageName: '@acme/front-desk2',
    database: 'front_desk2_db',
    directory: 'apps/front-desk2',
    coreDirectory: undefined,
  });
  expect(specifierOf('@atriz/database')).toBe('^0.1.0');
  expect(specifierOf('@acme/shop')).toBe('workspace:*');
  expect(specifierOf('@atriz/testing')).toBe('^0.1.0');
});

test.each(['', 'Reports', '2go', 'a_b', 'a--b', '-a', 'a-', 'a b', 'é', '../etc', '@acme/x', 'a.b', "a'; --"])(
  'the name "%s" is refused',
  (name) => {
    expect(() => planApp(name, SURROUNDING)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', message: `"${name}" is not a name for an application` }),
    );
  },
);

test('a name is as long as PostgreSQL leaves room for, and no longer', () => {
  expect(planApp('a'.repeat(60), SURROUNDING).database).toHaveLength(63);
  expect(() => planApp('a'.repeat(61), SURROUNDING)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
});

test.each([
  ['shop', {}, '"shop" is taken: there is a package @acme/shop'],
  ['old-books', {}, '"old-books" is taken: there is a database "old_books_db"'],
  ['core', {}, '"core" is taken: the root has a script db:create:core'],
  ['reports', { occupied: true }, '"reports" is taken: apps/reports exists'],
])('the name "%s", which is taken, is refused', (name, change, message) => {
  expect(() => planApp(name, { ...SURROUNDING, ...change })).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID', message }),
  );
});
