import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DEBIAN_PROGRAMS,
  HAS_DEBIAN_SERVER,
  startDebianServer,
  type DebianServer,
} from '../packages/backup/test/debian-server.ts';
import { startS3Server, type S3Server } from '../packages/backup/test/s3-server.ts';
import { watchDescendants } from './harness/descendants.ts';
import { serverAt } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

const PATIENCE_MS = 240_000;
const PASSPHRASE = 'a passphrase that nobody may see';
const WRONG_PASSPHRASE = 'another passphrase that nobody may see';

const ROWS = `CREATE TABLE plants (id serial PRIMARY KEY, name text);
INSERT INTO plants (name) SELECT 'plant ' || n FROM generate_series(1, 20000) AS n;`;

/** Every file below a directory with its text, but those that are not asked for. */
async function readFiles(directory: string, except: ReadonlySet<string> = new Set()): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const texts = new Map<string, string>();
  for (const path of files.filter((each) => !except.has(each))) texts.set(path, await readText(path));
  return texts;
}

/** Empty for a file that goes while it is looked for: it was there at an earlier look, or too short for anybody. */
function readText(path: string): Promise<string> {
  return readFile(path, 'latin1').catch(() => '');
}

describe.skipIf(!HAS_DEBIAN_SERVER)('what is secret', () => {
  let debian: DebianServer;
  let s3: S3Server;
  let workspace: Workspace;
  let temporary: string;
  let secrets: readonly string[];
  let env: Record<string, string>;
  beforeAll(async () => {
    debian = await startDebianServer();
    s3 = await startS3Server();
    const { bucket, endpoint, accessKeyId, secretAccessKey } = s3.settings;
    const migrations = { '1700000000001_plants.sql': migration(ROWS) };
    workspace = await createWorkspace({ core: { migrations } }, serverAt(debian.parameters));
    temporary = join(workspace.root, 'tmp');
    await mkdir(temporary);
    await chmod(temporary, 0o1777);
    env = {
      BACKUP_LOCAL: 'true',
      BACKUP_S3_BUCKET: bucket,
      BACKUP_S3_ENDPOINT: endpoint!,
      BACKUP_S3_ACCESS_KEY_ID: accessKeyId!,
      BACKUP_S3_SECRET_ACCESS_KEY: secretAccessKey!,
      BACKUP_ENCRYPTION_KEY: PASSPHRASE,
      PG_BIN_DIR: DEBIAN_PROGRAMS,
      LOG_LEVEL: 'debug',
      TMPDIR: temporary,
    };
    secrets = [PASSPHRASE, WRONG_PASSPHRASE, debian.parameters.password!, secretAccessKey!, 'AGE-SECRET-KEY-1'];
    await workspace.start(['create'], { env }).result;
    await workspace.start(['migrate'], { env }).result;
  }, PATIENCE_MS);
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
    await debian[Symbol.asyncDispose]();
  });

  /** Runs a command, and counts the secrets in all that others could see of it. */
  const run = async (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const running = workspace.start(args, { env: { ...env, ...more } });
    using descendants = watchDescendants(running.child.pid!);
    const { code, stdout, stderr } = await running.result;
    const left = await readFiles(temporary);
    const texts = [stdout, stderr, ...descendants.texts, ...left.keys(), ...left.values()];
    const hits = texts.flatMap((text) => secrets.filter((secret) => text.includes(secret)));
    return {
      code,
      hits,
      left: [...left.keys()].filter((path) => !path.includes('node-compile-cache')),
      programs: Object.fromEntries(descendants.programs),
      output: stdout + stderr,
      hasSeenPasswordFile: [...descendants.texts].some((text) => text.includes('PGPASSFILE=')),
    };
  };

  /** Runs a command, and looks for rows in every file of the workspace again and again, and once more at its end. */
  const runLooking = async (args: readonly string[], more: Readonly<Record<string, string>>) => {
    const before = new Set((await readFiles(workspace.root)).keys());
    const running = workspace.start(args, { env: { ...env, ...more } });
    const ended = new AbortController();
    const result = running.result.finally(() => ended.abort());
    const holders = new Map<string, boolean>();
    for (let isLast = false; ; isLast = ended.signal.aborted) {
      for (const [path, text] of await readFiles(workspace.root, before)) {
        holders.set(path, holders.get(path) === true || /plant \d{4}/.test(text));
      }
      if (isLast) break;
    }
    const { code, stdout, stderr } = await result;
    const found = [...holders].filter(([, holdsRows]) => holdsRows).map(([path]) => path);
    return { code, output: stdout + stderr, found, files: holders.size };
  };

  test(
    'is in no command line, environment, output or file of any backup command',
    { timeout: PATIENCE_MS },
    async () => {
      const programs: Record<string, number> = {};
      let looked = false;
      const commands: readonly (readonly [readonly string[], number])[] = [
        [['backup', 'create'], 0],
        [['backup', 'create', '--json'], 0],
        [['backup', 'list'], 0],
        [['backup', 'list', '--json'], 0],
        [['backup', 'show'], 0],
        [['backup', 'show', '--json'], 0],
        [['backup', 'verify'], 0],
        [['backup', 'verify', '--restore', '--json'], 0],
        [['backup', 'restore', '--yes'], 0],
        [['backup', 'restore', '--in-place', '--yes', '--json'], 0],
        [['backup', 'prune', '--yes'], 0],
        [['backup', 'health', '--json'], 0],
        [['backup', 'drill', '--json'], 0],
      ];
      for (const [args, code] of commands) {
        const ran = await run(args);
        expect([args.join(' '), ran.code, ran.output]).toStrictEqual([args.join(' '), code, ran.output]);
        looked ||= ran.hasSeenPasswordFile;
        expect([args.join(' '), ran.hits, ran.left]).toStrictEqual([args.join(' '), [], []]);
        for (const [program, count] of Object.entries(ran.programs))
          programs[program] = (programs[program] ?? 0) + count;
      }
      expect(looked).toBe(true); // an environment was seen, in which the password's file is named
      expect(Object.keys(programs)).toEqual(expect.arrayContaining(['pg_dump', 'pg_restore']));
      console.info(`secrets seen of ${commands.length} backup commands and their programs: 0`, programs);
    },
  );

  test(
    'in its rows is in no file at any look while an encrypted set is made, verified and restored',
    async () => {
      const plain = { BACKUP_COMPRESSION: 'none' };
      const looks: string[] = [];
      const open = await runLooking(['backup', 'create'], { ...plain, BACKUP_ENCRYPTION: 'false' });
      expect(open.found).not.toStrictEqual([]); // it is looked in the right places
      for (const args of [['create'], ['verify'], ['restore', '--as-suffix', '_twice', '--yes']]) {
        const { code, output, found, files } = await runLooking(['backup', ...args], plain);
        expect([code, found, output]).toStrictEqual([0, [], output]);
        looks.push(`${args[0]}: ${files} files`);
      }
      console.info(`rows found on disk while a set was made and restored: 0 (${looks.join(', ')})`);
    },
    PATIENCE_MS,
  );

  test(
    'is in no error either: of a wrong key, a wrong password, a store that refuses or does not answer',
    { timeout: PATIENCE_MS },
    async () => {
      const failures: readonly (readonly [readonly string[], Readonly<Record<string, string>>, RegExp])[] = [
        [['backup', 'show'], { BACKUP_ENCRYPTION_KEY: WRONG_PASSPHRASE }, /BACKUP_(?:KEY_WRONG|UNKNOWN)/],
        [['backup', 'create'], { PGPASSWORD: PASSPHRASE }, /AUTHENTICATION_FAILED/],
        [['backup', 'list', '--store', 's3'], { BACKUP_S3_ENDPOINT: 'http://127.0.0.1:9' }, /BACKUP_STORE_FAILED/],
        [['backup', 'create'], { BACKUP_ENCRYPTION_KEY: 'AGE-SECRET-KEY-1BROKEN' }, /SETTING_INVALID/],
        [['backup', 'create'], { BACKUP_SIGNING_KEY: WRONG_PASSPHRASE.slice(0, 20) }, /SETTING_INVALID/],
        [['backup', 'create'], { BACKUP_S3_ENDPOINT: `http://me:${WRONG_PASSPHRASE}@127.0.0.1` }, /SETTING_INVALID/],
      ];
      for (const [args, more, code] of failures) {
        const ran = await run(args, more);
        expect(ran.output).toMatch(code);
        expect([args.join(' '), ran.hits, ran.left]).toStrictEqual([args.join(' '), [], []]);
      }
      console.info(`secrets in ${failures.length} errors: 0`);
    },
  );
});
