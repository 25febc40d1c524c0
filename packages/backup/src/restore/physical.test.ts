import { applyRoles, checkRoles } from '@atriz/lifecycle/roles';
import { expect, test } from 'vitest';
import { openTestFamily } from '../../test/family.ts';
import { makeSet, TEST_RUN } from '../../test/set.ts';
import { restoreSet } from './restore.ts';

const COUNT = 'SELECT count(*)::int AS count FROM people';

test('a database of a physical set comes back in place, beside, or one table of it', async () => {
  await using family = await openTestFamily({ people: 20, variables: { BACKUP_ENGINE: 'physical' } });
  const { people, shops } = family.names;
  await applyRoles(family.target(people));
  const reader = await makeSet(family);
  expect(reader.manifest.engine).toBe('physical');
  await family.query(people, 'DELETE FROM people');
  await family.query(shops, 'DELETE FROM sales');
  const options = { inPlace: true, runId: TEST_RUN, context: {} };
  const report = await restoreSet(family.workspace, reader, { ...options, databases: [people] });
  expect(report.databases[0]).toMatchObject({ name: people, databaseName: people });
  expect(await family.query(people, COUNT)).toEqual([{ count: 20 }]);
  expect(await family.query(report.databases[0]!.kept!, COUNT)).toEqual([{ count: 0 }]);
  expect(await checkRoles(family.target(people))).toEqual({ findings: [] });
  expect(report.warnings).toEqual([]);

  await restoreSet(family.workspace, reader, { ...options, table: 'sales' });
  expect(await family.query(shops, 'SELECT count(*)::int AS count FROM sales')).toEqual([{ count: 60 }]);

  await restoreSet(family.workspace, reader, { ...options, inPlace: false, databases: [people], as: `${people}_then` });
  expect(await family.query(`${people}_then`, COUNT)).toEqual([{ count: 20 }]);
});
