import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from './harness/command.ts';

const ROW = /^\| (?<promise>\S.*?) +\| \[(?<file>[^\]]+)\]\(\.\.\/\k<file>\): (?<name>.*?) +\|$/;

test('every promise of docs/security.md names a test that there is', async () => {
  const page = await readFile(join(REPOSITORY, 'docs/security.md'), 'utf8');
  const lines = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:promise|-+) /.test(line));
  expect(lines.length).toBeGreaterThan(40);
  const rows = lines.map((line) => ROW.exec(line)?.groups ?? { promise: line, file: '', name: '' });
  const missing = [];
  for (const { promise, file, name } of rows) {
    const text = await readFile(join(REPOSITORY, file!), 'utf8').catch(() => '');
    if (
      !["'", '"', '`'].some(
        (quote) => text.includes(`(${quote}${name}${quote}`) || text.includes(`\n    ${quote}${name}${quote}`),
      )
    ) {
      missing.push(promise);
    }
  }
  expect(missing).toEqual([]);
});
