import type { Target } from '@atriz/lifecycle';
import { expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { makeSet, TEST_RUN } from '../../test/set.ts';
import { restoreSet } from './restore.ts';

const NAMES = `SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) OR datname ~ '^atriz_restore_' ORDER BY 1`;

test.skipIf(!HAS_DEBIAN_SERVER)(
  'over two servers databases change places on one after the other, and where the second refuses the first changes back',
  async () => {
    await using one = await startDebianServer();
    await using two = await startDebianServer();
    await using first = await openTestFamily({ server: one.parameters, people: 5 });
    await using second = await openTestFamily({ server: two.parameters, people: 5 });
    // The first family's own, but its trips, which are the second's on another server.
    const { people, trips } = first.names;
    const away = second.names.trips;
    await second.query('postgres', `ALTER DATABASE "${away}" RENAME TO "${trips}"`);
    await second.query(trips, `UPDATE atriz.identity SET family = $1, definition = $2`, [
      first.workspace.family.name,
      trips,
    ]);
    await first.query('postgres', `DROP DATABASE "${trips}"`);
    const open = async (name: string): Promise<Target> => {
      const target = first.target(name);
      return name === trips ? { ...target, parameters: { ...two.parameters, database: name } } : target;
    };
    const family: TestFamily = { ...first, workspace: { ...first.workspace, open } };
    const reader = await makeSet(family);
    expect(reader.manifest.consistency).toBe('per-server');
    await first.query(people, 'DELETE FROM people');
    const options = { inPlace: true, dropOld: true, runId: TEST_RUN, context: {} };
    // A prepared transaction is in nobody's session, so that nobody can end it.
    await second.query('postgres', 'ALTER SYSTEM SET max_prepared_transactions = 1');
    await two.restart();
    await second.query(trips, `BEGIN; CREATE TABLE in_doubt (); PREPARE TRANSACTION 'in doubt'`);
    await expect(restoreSet(family.workspace, reader, options)).rejects.toMatchObject({ code: 'RESTORE_BLOCKED' });
    expect(await first.query(people, 'SELECT count(*)::int AS count FROM people')).toEqual([{ count: 0 }]);
    const before = [{ name: people }, { name: first.names.shops }];
    expect(await first.query('postgres', NAMES, [first.workspace.family.name])).toEqual(before);
    await second.query(trips, `ROLLBACK PREPARED 'in doubt'`);
    await restoreSet(family.workspace, reader, options);
    expect(await first.query(people, 'SELECT count(*)::int AS count FROM people')).toEqual([{ count: 5 }]);
    expect(await first.query('postgres', NAMES, [first.workspace.family.name])).toEqual(before);
  },
);
