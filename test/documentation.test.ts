import { access, glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY, runAtriz } from './harness/command.ts';

const PAGES = ['*.md', 'docs/**/*.md', 'packages/*/*.md', 'apps/*/*.md', 'bench/*.md'];
/** What pnpm does without a script of that name. */
const PNPM_COMMANDS = new Set(['exec', 'install', 'vitest']);

async function readPages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for await (const path of glob(PAGES, { cwd: REPOSITORY })) {
    pages.set(path, await readFile(join(REPOSITORY, path), 'utf8'));
  }
  return pages;
}

async function readScripts(directory: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(REPOSITORY, directory, 'package.json'), 'utf8')) as {
    readonly scripts?: Record<string, string>;
  };
  return Object.keys(manifest.scripts ?? {});
}

test('every link to a file of the repository leads to one', async () => {
  const broken: string[] = [];
  for (const [page, text] of await readPages()) {
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      const path = join(REPOSITORY, dirname(page), target!);
      await access(path).catch(() => broken.push(`${page}: ${target}`));
    }
  }
  expect(broken).toEqual([]);
});

test('every pnpm script that a page names exists', async () => {
  const known = new Set([...(await readScripts('.')), ...(await readScripts('apps/pshop')), ...PNPM_COMMANDS]);
  const unknown: string[] = [];
  let found = 0;
  for (const [page, text] of await readPages()) {
    for (const [, script] of text.matchAll(/(?:^ {4}|^|`|&& )(?:npx )?pnpm(?:@12)? ([a-z][a-z:]*)/gm)) {
      found += 1;
      if (!known.has(script!)) unknown.push(`${page}: pnpm ${script}`);
    }
  }
  expect(unknown).toEqual([]);
  expect(found).toBeGreaterThan(40);
});

test('docs/commands.md lists the commands that there are, and no others', async () => {
  const page = (await readPages()).get('docs/commands.md')!;
  const listed = new Set([...page.matchAll(/`atriz ([a-z]+)/g)].map(([, name]) => name!));
  const { stdout } = await runAtriz(['--help'], { cwd: REPOSITORY });
  const commands = stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)\b/gm);
  const existing = new Set([...commands].map(([, name]) => name!).filter((name) => name !== 'help'));
  expect(listed).toEqual(existing);
  expect(existing.size).toBeGreaterThan(14);
});
