import { expect, test } from 'vitest';
import { parseMigration, type Migration } from '../migrations/migration-file.ts';
import { planSquash } from './plan.ts';

const parse = (name: string, text: string): Promise<Migration> => parseMigration({ name, path: `${name}.sql` }, text);

test('one file holds all Up sections in order, and all Down sections in reverse, with what each file said of itself', async () => {
  const plan = planSquash([
    await parse(
      '1700000000001_trees',
      '-- Trees. Takes: nothing.\n-- requires: atriz_shared@1690000000000_users\n\n-- Up Migration\nCREATE TABLE trees (id int)\n-- Down Migration\nDROP TABLE trees;\n',
    ),
    await parse(
      '1700000000002_moss',
      '-- Up Migration\n-- atriz: lock-timeout 30s\n-- moss grows\nCREATE TABLE moss (id int); -- everywhere\n\n-- Down Migration\nDROP TABLE moss; -- gone',
    ),
    await parse(
      '1700000000003_more',
      '-- requires: atriz_shared@1690000000000_users, atriz_db@1690000000001_tags\n-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 2;\n',
    ),
  ]);
  expect(plan).toEqual({
    name: '1700000000003_squashed',
    squashes: ['1700000000001_trees', '1700000000002_moss', '1700000000003_more'],
    text: `-- 3 migrations in one, 1700000000001_trees to 1700000000003_more. Takes: the locks that each of them takes.
-- A database that has applied them all is not touched: there it only takes their place in the history.
-- atriz: squashes 1700000000001_trees
-- atriz: squashes 1700000000002_moss
-- atriz: squashes 1700000000003_more
-- atriz: lock-timeout 30000ms
-- requires: atriz_shared@1690000000000_users
-- requires: atriz_db@1690000000001_tags

-- Up Migration

-- 1700000000001_trees
-- Trees. Takes: nothing.
CREATE TABLE trees (id int)
;

-- 1700000000002_moss
-- moss grows
CREATE TABLE moss (id int); -- everywhere

-- 1700000000003_more
SELECT 1;

-- Down Migration

-- 1700000000003_more
SELECT 2;

-- 1700000000002_moss
DROP TABLE moss; -- gone

-- 1700000000001_trees
DROP TABLE trees;
`,
  });
  const read = await parse(plan.name, plan.text);
  expect(read.directives).toMatchObject({
    noTransaction: false,
    lockTimeoutMs: 30_000,
    squashes: plan.squashes,
    requires: [
      { database: 'atriz_shared', migration: '1690000000000_users' },
      { database: 'atriz_db', migration: '1690000000001_tags' },
    ],
  });
});

test('where one has no way back, the whole has none', async () => {
  const { text } = planSquash([
    await parse('1700000000001_trees', '-- Up Migration\nSELECT 1;\n-- Down Migration: none\n'),
    await parse('1700000000002_moss', '-- Up Migration\nSELECT 2;\n-- Down Migration\nSELECT 3;\n'),
  ]);
  expect(text).toMatch(/SELECT 2;\n\n-- Down Migration: none\n$/);
  await expect(parse('1700000000002_squashed', text)).resolves.toMatchObject({ irreversible: true });
});

test('one that was squashed before is squashed again, with the names of all that it took the place of', async () => {
  const first = planSquash([
    await parse('1700000000001_trees', '-- Up Migration\nSELECT 1;\n'),
    await parse('1700000000002_moss', '-- Up Migration\nSELECT 2;\n'),
  ]);
  const second = planSquash([
    await parse(first.name, first.text),
    await parse('1700000000003_more', '-- Up Migration\nSELECT 3;\n'),
  ]);
  expect(second.squashes).toEqual([
    '1700000000001_trees',
    '1700000000002_moss',
    '1700000000002_squashed',
    '1700000000003_more',
  ]);
  await expect(parse(second.name, second.text)).resolves.toMatchObject({ directives: { squashes: second.squashes } });
});

test('one without a transaction is refused with the reason, fewer than two are too', async () => {
  const trees = await parse('1700000000001_trees', '-- Up Migration\nSELECT 1;\n');
  const index = await parse(
    '1700000000002_index',
    '-- atriz: no-transaction\n-- Up Migration\nCREATE INDEX CONCURRENTLY i ON trees (id);\n',
  );
  expect(() => planSquash([trees, index])).toThrow(
    expect.objectContaining({
      code: 'SQUASH_REFUSED',
      message: '1700000000002_index.sql: it runs without a transaction, and the others in one',
    }),
  );
  expect(() => planSquash([trees])).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
});
