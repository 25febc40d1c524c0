import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../packages/backup/test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../packages/backup/test/family.ts';
import { makeSet, TEST_RUN } from '../packages/backup/test/set.ts';
import { findSet } from '../packages/backup/src/set/find.ts';
import { restoreSet } from '../packages/backup/src/restore/restore.ts';
import { readWhole } from './harness/contents.ts';
import { serverAt } from './harness/server.ts';

const IDENTITY = 'AGE-SECRET-KEY-1S27LYUSXSVQM238MNYGDWPEVCT0CRN33LHGQXTVWZEZ4YR0RQWWQ2FSY0R';
const OTHER_IDENTITY = 'AGE-SECRET-KEY-18XFUTZPZLH0DKFXHK57MCZ6X3D8S20P5LRK3UWRWJ2QXYZSZJ5QST8Z66K';
const REGION_BYTES = 4096;

/** Everything that a server has: its databases, whole, and its roles. */
async function readServer({ parameters }: DebianServer): Promise<Record<string, unknown>> {
  const server = serverAt(parameters);
  const names = await server.query<{ datname: string }>(
    'postgres',
    `SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate AND datname <> 'postgres' ORDER BY 1`,
  );
  const all: Record<string, unknown> = {
    databases: await server.query('postgres', 'SELECT oid, datname, datallowconn, datdba FROM pg_database ORDER BY 1'),
    roles: await server.query('postgres', 'SELECT * FROM pg_roles ORDER BY rolname'),
  };
  for (const { datname } of names) all[datname] = await readWhole(server, datname);
  return all;
}

/** Tries to put a set in the place of what exists; gives the code of what refuses it. */
async function restoreInPlace({ workspace }: TestFamily, id: string): Promise<string> {
  try {
    const reader = await findSet(workspace, { id, context: {} });
    await restoreSet(workspace, reader, { inPlace: true, runId: TEST_RUN, context: {} });
    return 'restored';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

function tell(what: string, codes: readonly string[]): void {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  const refused = codes.filter((code) => code.startsWith('BACKUP_')).length;
  console.info(`${what}: ${refused} of ${codes.length} refused`, counts);
}

function placesOf(content: Buffer): number[] {
  const regions = Array.from({ length: Math.ceil(content.length / REGION_BYTES) }, (_, region) =>
    Math.min(region * REGION_BYTES + ((region * 997) % REGION_BYTES), content.length - 1),
  );
  return [...new Set([...regions, 0, content.length >> 1, content.length - 1])];
}

describe.skipIf(!HAS_DEBIAN_SERVER).each([
  ['not encrypted', {}],
  ['encrypted', { BACKUP_ENCRYPTION_KEY: IDENTITY }],
])('a set that is %s, before it takes the place of what exists', (kind, variables) => {
  let server: DebianServer;
  let family: TestFamily;
  let id: string;
  let before: Record<string, unknown>;
  const folder = (set = id): string => join(family.root, '.atriz', 'backups', set);
  const files = async (): Promise<string[]> =>
    (await readdir(folder(), { recursive: true, withFileTypes: true }))
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name));

  beforeAll(async () => {
    server = await startDebianServer({ settings: { autovacuum: 'off' } });
    family = await openTestFamily({ server: server.parameters, people: 20, variables });
    ({ id } = (await makeSet(family)).manifest);
    before = await readServer(server);
  });
  afterAll(async () => {
    await family[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** Puts the set of another family, which is gone then, among this one's. */
  const bringSetOfStrangers = async (): Promise<string> => {
    await using strangers = await openTestFamily({ server: server.parameters, people: 1, variables });
    const theirs = (await makeSet(strangers)).manifest.id;
    await rename(join(strangers.root, '.atriz', 'backups', theirs), folder(theirs));
    return theirs;
  };

  /** What the server is now, and what was not refused. */
  const judge = async (what: string, codes: readonly string[]): Promise<object> => {
    tell(`${what}, ${kind}`, codes);
    return { server: await readServer(server), accepted: codes.filter((code) => !code.startsWith('BACKUP_')) };
  };

  test('is refused with any region of any file changed, and any file cut off or missing', async () => {
    const codes: string[] = [];
    for (const path of await files()) {
      const content = await readFile(path);
      for (const at of placesOf(content)) {
        const changed = Buffer.from(content);
        changed[at]! ^= 0x04;
        for (const each of [changed, content.subarray(0, at)]) {
          await writeFile(path, each);
          codes.push(await restoreInPlace(family, id));
        }
      }
      await rm(path);
      codes.push(await restoreInPlace(family, id));
      await writeFile(path, content);
    }
    expect(await judge('changed, cut off and missing files', codes)).toStrictEqual({ server: before, accepted: [] });
  });

  test('is refused with two files exchanged, or with one of another set', async () => {
    const codes: string[] = [];
    const other = (await makeSet(family)).manifest.id;
    const paths = await files();
    for (const [index, path] of paths.entries()) {
      const next = paths[(index + 1) % paths.length]!;
      const [one, two] = [await readFile(path), await readFile(next)];
      await writeFile(path, two);
      await writeFile(next, one);
      codes.push(await restoreInPlace(family, id));
      await writeFile(next, two);
      const theirs = await readFile(path.replace(id, other));
      await writeFile(path, theirs);
      if (!theirs.equals(one)) codes.push(await restoreInPlace(family, id));
      await writeFile(path, one);
    }
    expect(await judge('exchanged files', codes)).toStrictEqual({ server: before, accepted: [] });
  });

  test('is refused edited, renamed, of another family, and to another key', async () => {
    const codes: string[] = [];
    const manifest = join(folder(), 'manifest.json');
    const text = await readFile(manifest, 'utf8');
    for (const [from, to] of [
      ['"rows": 20', '"rows": 21'],
      ['"engine": "logical"', '"engine": "physical"'],
      ['"purpose": "manual"', '"purpose": "migration"'],
      [/"sha256": "[0-9a-f]{4}/, '"sha256": "0000'],
      [/"bytes": \d/, '"bytes": 7777'],
      [/"value": "[0-9a-f]{4}/, '"value": "0000'],
      [/"keyId": "[0-9a-f]{4}/, '"keyId": "0000'],
      [/"family": "[^"]+"/, '"family": "others"'],
    ] as const) {
      const edited = text.replace(from, to);
      expect(edited).not.toBe(text);
      await writeFile(manifest, edited);
      codes.push(await restoreInPlace(family, id));
    }
    await writeFile(manifest, text);
    const renamed = 'backup-20300101T000000Z-00000000';
    await cp(folder(), folder(renamed), { recursive: true });
    codes.push(await restoreInPlace(family, renamed));

    codes.push(await restoreInPlace(family, await bringSetOfStrangers()));

    for (const [key, value] of Object.entries({
      BACKUP_ENCRYPTION_KEY: OTHER_IDENTITY,
      BACKUP_SIGNING_KEY: 'another signing key of sufficient length',
    })) {
      const find: typeof family.workspace.environment.find = (variable, scopes) =>
        variable === key
          ? { variable, value, from: 'the process' }
          : variable.startsWith('BACKUP_')
            ? undefined
            : family.workspace.environment.find(variable, scopes);
      const elsewhere = { ...family.workspace.family };
      const own = join(family.root, '.atriz', 'backup-signing-key');
      const hasOwn = await rename(own, `${own}.away`).then(
        () => true,
        () => false,
      );
      codes.push(
        await restoreInPlace(
          { ...family, workspace: { ...family.workspace, family: elsewhere, environment: { find } } },
          id,
        ),
      );
      if (hasOwn) await rename(`${own}.away`, own);
    }
    expect(await judge('edited, renamed and foreign sets, and wrong keys', codes)).toStrictEqual({
      server: before,
      accepted: [],
    });
  });

  test('is restored as soon as nothing is wrong with it', async () => {
    expect(await restoreInPlace(family, id)).toBe('restored');
    expect(await readServer(server)).not.toStrictEqual(before);
  });
});
