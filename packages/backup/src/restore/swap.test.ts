import { createDatabase, withSession } from '@atriz/lifecycle';
import { expect, test } from 'vitest';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { swapDatabases } from './swap.ts';

/** A family whose databases have a second one beside them, `<name>_new`, which says so in a table. */
async function openPairs(): Promise<TestFamily> {
  const family = await openTestFamily({ people: 1 });
  for (const name of Object.values(family.names)) {
    const target = family.target(name);
    await createDatabase({ ...target, parameters: { ...target.parameters, database: `${name}_new` } });
    await family.query(`${name}_new`, 'CREATE TABLE news ()');
  }
  return family;
}

const swapOf = (name: string) => ({ from: `${name}_new`, to: name, aside: `${name}_old` });

async function readNames(family: TestFamily): Promise<string[]> {
  const rows = await family.query<{ name: string }>(
    'postgres',
    `SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1`,
    [family.workspace.family.name],
  );
  return rows.map(({ name }) => name.slice(family.workspace.family.name.length + 1));
}

test('the databases of a server change places in one step, with the properties that those before them had', async () => {
  await using family = await openPairs();
  const { people, shops } = family.names;
  await family.query('postgres', `ALTER DATABASE "${people}" SET search_path TO "$user", public, "odd ""name"`);
  await family.query('postgres', `ALTER DATABASE "${people}" SET work_mem TO '7MB'`);
  await family.query('postgres', `ALTER DATABASE "${people}" SET "atriz.note" TO 'it''s'`);
  await family.query('postgres', `ALTER ROLE CURRENT_USER IN DATABASE "${people}" SET statement_timeout TO '12s'`);
  await family.query('postgres', `ALTER DATABASE "${people}" CONNECTION LIMIT 33`);
  await family.query('postgres', `REVOKE ALL ON DATABASE "${people}" FROM PUBLIC`);
  await family.query('postgres', `GRANT CONNECT ON DATABASE "${people}" TO pg_monitor WITH GRANT OPTION`);
  await family.query('postgres', `COMMENT ON DATABASE "${people}" IS 'of people'`);
  const properties = `
    SELECT datconnlimit, (SELECT array_agg(acl::text ORDER BY acl::text) FROM unnest(datacl) AS acl) AS acl, datdba::regrole::text, shobj_description(oid, 'pg_database'),
           (SELECT array_agg(setconfig::text ORDER BY setrole) FROM pg_db_role_setting WHERE setdatabase = pg_database.oid)
      FROM pg_database WHERE datname = $1`;
  const before = await family.query('postgres', properties, [people]);
  await swapDatabases(family.target(people), [swapOf(people), swapOf(shops)]);
  expect(await readNames(family)).toEqual(['people', 'people_old', 'shops', 'shops_old', 'trips', 'trips_new']);
  expect(await family.query(people, 'SELECT FROM news')).toEqual([]);
  expect(await family.query('postgres', properties, [people])).toEqual(before);
  expect(before[0]).toMatchObject({ datconnlimit: 33, shobj_description: 'of people' });
});

test('sessions that are in the databases are ended, and find the new one when they come back', async () => {
  await using family = await openPairs();
  const { people } = family.names;
  const target = family.target(people);
  const asked: number[] = [];
  const stop = new AbortController();
  const application = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      // Its connection is cut, or the name is just being given away: an application tries again.
      const ask = withSession(target.parameters, {}, async (client) => {
        while (!stop.signal.aborted) asked.push((await client.query(`SELECT to_regclass('news')`)).rows.length);
      });
      await ask.catch(() => undefined);
    }
  };
  const applications = Array.from({ length: 8 }, application);
  while (asked.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  await swapDatabases(target, [swapOf(people)]);
  const [row] = await family.query<{ news: string | null }>(people, `SELECT to_regclass('news')::text AS news`);
  stop.abort();
  await Promise.all(applications);
  expect(row).toEqual({ news: 'news' });
  expect(await readNames(family)).toContain('people_old');
});

test('when one of them cannot be renamed every name stays as it was', async () => {
  await using family = await openPairs();
  const { people, shops } = family.names;
  const swaps = [swapOf(people), { ...swapOf(shops), aside: family.names.trips }];
  await expect(swapDatabases(family.target(people), swaps)).rejects.toMatchObject({
    code: 'RESTORE_BLOCKED',
    message: expect.stringContaining('somebody took the new name meanwhile; every name is as it was'),
  });
  expect(await readNames(family)).toEqual(['people', 'people_new', 'shops', 'shops_new', 'trips', 'trips_new']);
});

test('a name that nobody has is simply taken', async () => {
  await using family = await openPairs();
  const { people } = family.names;
  await swapDatabases(family.target(people), [{ from: `${people}_new`, to: `${people}_restored`, aside: undefined }]);
  expect(await readNames(family)).toContain('people_restored');
});
