import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { AtrizError, ERROR_CODES } from './errors.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

test('docs/errors.md lists every code once, and no other', async () => {
  const documented = [...(await readFile(join(ROOT, 'docs/errors.md'), 'utf8')).matchAll(/^\| `([A-Z_]+)`/gm)];
  expect(documented.map((match) => match[1]).toSorted()).toEqual(ERROR_CODES.toSorted());
});

test('every row of docs/errors.md says what the code means, where it is thrown and what to do', async () => {
  const rows = (await readFile(join(ROOT, 'docs/errors.md'), 'utf8')).match(/^\| `.*$/gm) ?? [];
  expect(rows).toHaveLength(ERROR_CODES.length);
  for (const row of rows) expect(row).toMatch(/^\| `[A-Z_]+`\s*\| \S.*\| \S.*\| \S.*\|$/);
});

test('every code is in the sources of a package, outside of the list', async () => {
  const texts = [];
  const sources = glob('{packages,apps}/*/src/**/*.ts', {
    cwd: ROOT,
    exclude: ['**/node_modules/**', '**/*.test.ts', 'packages/database/src/errors.ts'],
  });
  for await (const path of sources) texts.push(await readFile(join(ROOT, path), 'utf8'));
  const all = texts.join('\n');
  expect(ERROR_CODES.filter((code) => !all.includes(`'${code}'`))).toEqual([]);
});

test('an error carries code, message, hint and cause, and is told by its class', () => {
  const cause = new Error('below');
  const error = new AtrizError('PORT_TAKEN', 'port 5432 is taken', { hint: 'name another', cause });
  expect(error).toBeInstanceOf(Error);
  expect({ ...error, message: error.message, cause: error.cause }).toEqual({
    name: 'AtrizError',
    code: 'PORT_TAKEN',
    message: 'port 5432 is taken',
    hint: 'name another',
    cause,
  });
});

test('an error without a cause has none, not an undefined one', () => {
  expect('cause' in new AtrizError('INTERNAL', 'x')).toBe(false);
});
