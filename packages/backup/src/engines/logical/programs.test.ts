import { rename, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { DEBIAN_PROGRAMS, HAS_DEBIAN_SERVER } from '../../../test/debian-server.ts';
import { openTestFamily } from '../../../test/family.ts';
import { createFakePrograms } from '../../../test/fake-programs.ts';
import { createMemorySet } from '../../../test/memory-set.ts';
import { createLogicalEngine } from './engine.ts';
import { findPrograms } from './programs.ts';

test('of those on PATH the nearest to the server is taken, and never an older one', async () => {
  await using eighteen = await createFakePrograms('98.1');
  await using beta = await createFakePrograms('97beta2');
  await using sixteen = await createFakePrograms('96.4 (Debian 96.4-1.pgdg120+1)');
  const path = [eighteen, beta, sixteen].map(({ directory }) => directory).join(delimiter);
  const majors = [];
  for (const serverVersion of [960004, 970000, 980002])
    majors.push((await findPrograms({ path, serverVersion })).major);
  expect(majors).toEqual([96, 97, 98]);
});

test('PG_BIN_DIR is the one place that is looked in, and what was found there is told', async () => {
  await using old = await createFakePrograms('14.11');
  await using fitting = await createFakePrograms('98.0');
  const found = findPrograms({ directory: old.directory, path: fitting.directory, serverVersion: 980000 });
  await expect(found).rejects.toMatchObject({
    code: 'CLIENT_TOOLS_MISSING',
    message: `pg_dump and pg_restore of PostgreSQL 98 or newer are needed, and only older ones were found in PG_BIN_DIR (${old.directory}): version 14 at ${old.pgDump}`,
    hint: "install the client tools of PostgreSQL 98, such as Debian's package postgresql-client-98, or name their directory in PG_BIN_DIR",
  });
  await expect(findPrograms({ directory: '/nowhere', serverVersion: 980000 })).rejects.toMatchObject({
    message:
      'pg_dump and pg_restore of PostgreSQL 98 or newer are needed, and none were found in PG_BIN_DIR (/nowhere)',
  });
});

test("Debian's script that chooses a cluster by itself is passed over", async () => {
  await using real = await createFakePrograms('98.0');
  await using debian = await createFakePrograms('98.0');
  for (const name of [debian.pgDump, debian.pgRestore]) {
    await rename(name, join(debian.directory, 'pg_wrapper'));
    await symlink('pg_wrapper', name);
  }
  const path = [debian.directory, real.directory].join(delimiter);
  expect((await findPrograms({ path, serverVersion: 980000 })).pgDump).toBe(real.pgDump);
});

test.skipIf(!HAS_DEBIAN_SERVER)(
  'a pg_dump that is older than the server is refused before anything is stored',
  async () => {
    await using family = await openTestFamily({ people: 1 });
    const set = createMemorySet();
    const targets = [family.target(family.names.people)];
    const engine = createLogicalEngine({ programs: DEBIAN_PROGRAMS });
    await expect(engine.backUp(targets, set.sink, { context: {}, jobs: 1, perDatabase: false })).rejects.toMatchObject({
      code: 'CLIENT_TOOLS_MISSING',
      message: `pg_dump and pg_restore of PostgreSQL 18 or newer are needed, and only older ones were found in PG_BIN_DIR (${DEBIAN_PROGRAMS}): version 15 at ${DEBIAN_PROGRAMS}/pg_dump`,
    });
    expect([set.parts.size, set.seen.size]).toEqual([0, 0]);
  },
);
