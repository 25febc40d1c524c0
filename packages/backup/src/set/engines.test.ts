import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEBIAN_PROGRAMS, HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { chooseEngine } from './engines.ts';

let family: TestFamily;
let nothing: string;
beforeAll(async () => {
  nothing = await mkdtemp(join(tmpdir(), 'atriz-no-programs-'));
  family = await openTestFamily({ people: 1 });
});
afterAll(async () => {
  await family[Symbol.asyncDispose]();
  await rm(nothing, { recursive: true });
});

test('the server that ships no tools is backed up as a whole, since its login may', async () => {
  const targets = Object.values(family.names).map((name) => family.target(name));
  const engine = await chooseEngine(family.workspace, targets, { engine: 'auto', programs: nothing });
  expect(engine.name).toBe('physical');
});

test.skipIf(!HAS_DEBIAN_SERVER)(
  'tools that are older than the server are none; that of the server\u2019s own version is taken',
  async () => {
    const target = family.target(family.names.people);
    const older = await chooseEngine(family.workspace, [target], { engine: 'auto', programs: DEBIAN_PROGRAMS });
    expect(older.name).toBe('physical');
    await using server = await startDebianServer();
    const own = { ...target, parameters: server.parameters };
    const fitting = await chooseEngine(family.workspace, [own], { engine: 'auto', programs: DEBIAN_PROGRAMS });
    expect(fitting.name).toBe('logical');
  },
);

test('where neither is possible, both reasons are told', async () => {
  const { people } = family.names;
  await family.query(people, `CREATE ROLE ${people}_login LOGIN PASSWORD 'login'`);
  const target = family.target(people);
  const plain = { ...target, parameters: { ...target.parameters, user: `${people}_login`, password: 'login' } };
  await expect(
    chooseEngine(family.workspace, [target, plain], { engine: 'auto', programs: nothing }),
  ).rejects.toMatchObject({
    code: 'CLIENT_TOOLS_MISSING',
    message: expect.stringMatching(
      /^pg_dump and pg_restore of PostgreSQL 18 or newer are needed, .*; and a physical backup is not possible either: user ".*_login" is no superuser/,
    ) as string,
  });
  await family.query(people, `DROP ROLE ${people}_login`);
});

test('an engine that is named is taken, whatever there is', async () => {
  const target = family.target(family.names.people);
  for (const engine of ['logical', 'physical'] as const) {
    expect((await chooseEngine(family.workspace, [target], { engine, programs: nothing })).name).toBe(engine);
  }
});
