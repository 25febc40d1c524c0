import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEBIAN_PROGRAMS, HAS_DEBIAN_SERVER, startDebianServer } from '../../../test/debian-server.ts';
import { createFakePrograms } from '../../../test/fake-programs.ts';
import { openTestFamily } from '../../../test/family.ts';
import { createMemorySet } from '../../../test/memory-set.ts';
import { createLogicalEngine } from './engine.ts';
import { restoreDatabase } from './restore-database.ts';

/** What pg_restore 17 says to an older server, once for each of its connections. */
const REFUSED = `pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"
Command was: SET transaction_timeout = 0;`;

/** Restores as Debian's program does, and says what a newer one would beside it. */
function newer(said: string, errors: number): string {
  return `printf '%s\\n' "$*" >> "$(dirname "$0")/calls"
${DEBIAN_PROGRAMS}/pg_restore "$@" || exit 3
cat >&2 <<'END'\n${said}\npg_restore: warning: errors ignored on restore: ${errors}\nEND\nexit 1`;
}

test.skipIf(!HAS_DEBIAN_SERVER)(
  'a newer pg_restore fills an older server, whatever setting that refuses, and nothing else may fail',
  async () => {
    await using server = await startDebianServer();
    await using family = await openTestFamily({ server: server.parameters, people: 3 });
    const set = createMemorySet();
    const name = family.names.shops;
    const engine = createLogicalEngine({ programs: DEBIAN_PROGRAMS });
    const options = { context: {}, jobs: 1, perDatabase: false };
    const reader = set.reader(await engine.backUp([family.target(name)], set.sink, options), 'logical');
    const restore = async (database: string, body: string): Promise<string> => {
      await using fake = await createFakePrograms('17.2', body);
      await family.query('postgres', `CREATE DATABASE ${database} TEMPLATE template0`);
      const into = { ...server.parameters, database };
      const programs = { pgRestore: fake.pgRestore, major: 17 };
      await restoreDatabase(reader, { database: name, into, programs, jobs: 2, owners: false, context: {} });
      return readFile(join(fake.directory, 'calls'), 'utf8');
    };
    const calls = await restore(`${name}_one`, newer(REFUSED, 1));
    expect(calls.match(/--section=[a-z-]+/g)).toEqual(['--section=pre-data', '--section=data', '--section=post-data']);
    expect(calls).not.toContain('--exit-on-error');
    expect(await family.query(`${name}_one`, 'SELECT count(*)::int FROM sales')).toEqual([{ count: 9 }]);
    await restore(`${name}_two`, newer(`${REFUSED}\n${REFUSED}`, 2));
    const other = `${REFUSED}\npg_restore: error: could not execute query: ERROR:  out of shared memory\nCommand was: CREATE TABLE x ();`;
    await expect(restore(`${name}_three`, newer(other, 2))).rejects.toMatchObject({ code: 'CLIENT_TOOL_FAILED' });
    await expect(restore(`${name}_four`, newer('', 1))).rejects.toMatchObject({ code: 'CLIENT_TOOL_FAILED' });
  },
);
