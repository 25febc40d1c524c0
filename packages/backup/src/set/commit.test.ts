import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readCommit } from './commit.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const OTHER = '89abcdef0123456789abcdef0123456789abcdef';

let parent: string;
let root: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'atriz-commit-'));
});
beforeEach(async () => {
  root = await mkdtemp(join(parent, 'checkout-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), `${text}\n`);
}

test('the commit of a branch is read, from a directory below the checkout too', async () => {
  await write('.git/HEAD', 'ref: refs/heads/feature/backup');
  await write('.git/refs/heads/feature/backup', COMMIT);
  await mkdir(join(root, 'packages/core'), { recursive: true });
  expect(await readCommit(root)).toBe(COMMIT);
  expect(await readCommit(join(root, 'packages/core'))).toBe(COMMIT);
});

test('a packed branch counts where there is no loose one, and a loose one before it', async () => {
  await write('.git/HEAD', 'ref: refs/heads/main');
  await write('.git/packed-refs', `# pack-refs with: peeled\n${OTHER} refs/heads/main-old\n${COMMIT} refs/heads/main`);
  expect(await readCommit(root)).toBe(COMMIT);
  await write('.git/refs/heads/main', OTHER);
  expect(await readCommit(root)).toBe(OTHER);
});

test('a detached head is the commit itself', async () => {
  await write('.git/HEAD', COMMIT);
  expect(await readCommit(root)).toBe(COMMIT);
});

test('a worktree\u2019s own head is read, and the branches of the checkout that it is of', async () => {
  await write('main/.git/refs/heads/side', COMMIT);
  await write('main/.git/worktrees/side/HEAD', 'ref: refs/heads/side');
  await write('main/.git/worktrees/side/commondir', '../..');
  await write('side/.git', `gitdir: ${join(root, 'main/.git/worktrees/side')}`);
  expect(await readCommit(join(root, 'side'))).toBe(COMMIT);
});

test('there is none before the first commit, in a head that makes no sense, and outside a checkout', async () => {
  expect(await readCommit(root)).toBeNull();
  await write('.git/HEAD', 'ref: refs/heads/main');
  expect(await readCommit(root)).toBeNull();
  await write('.git/HEAD', 'ref: refs/../../../etc/passwd');
  expect(await readCommit(root)).toBeNull();
});
