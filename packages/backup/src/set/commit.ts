import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const MAX_LINKS = 5;

/**
 * The commit that the Git checkout around `directory` is at, read from Git's own files, so that no `git` is needed; null
 * outside a checkout, before the first commit, and where references are kept in a way that this does not know. Follows
 * the links of worktrees and submodules.
 */
export async function readCommit(directory: string): Promise<string | null> {
  const git = await findGitDirectory(directory);
  if (git === undefined) return null;
  const common = await readText(join(git, 'commondir'));
  const shared = common === undefined ? git : resolve(git, common);
  let reference = 'HEAD';
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const text = (await readText(join(git, reference))) ?? (await readText(join(shared, reference)));
    if (text === undefined) return readPacked(shared, reference);
    if (COMMIT.test(text)) return text;
    const [, next] = /^ref: (refs\/\S+)$/.exec(text) ?? [];
    if (next === undefined || next.includes('..')) return null;
    reference = next;
  }
  return null;
}

async function findGitDirectory(start: string): Promise<string | undefined> {
  for (let directory = resolve(start); ; directory = dirname(directory)) {
    const path = join(directory, '.git');
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) return path;
    if (found?.isFile()) {
      const [, target] = /^gitdir: (.+)$/.exec((await readText(path)) ?? '') ?? [];
      return target === undefined || isAbsolute(target) ? target : join(directory, target);
    }
    if (directory === dirname(directory)) return undefined;
  }
}

async function readPacked(git: string, reference: string): Promise<string | null> {
  const lines = ((await readText(join(git, 'packed-refs'))) ?? '').split('\n').map((line) => line.split(' '));
  return lines.find(([commit, name]) => name === reference && COMMIT.test(commit!))?.[0] ?? null;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return undefined; // not there, or not ours to read: the set says no commit then
  }
}
