import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../test/directory.ts';
import { runKeyCommand } from './command.ts';
import { findKeyFile } from './key-file-path.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
let directory: Awaited<ReturnType<typeof makeDirectory>>;
let file: string;

beforeAll(async () => {
  directory = await makeDirectory();
  file = join(directory.path, 'keys.json');
});
afterAll(() => directory[Symbol.asyncDispose]());

const run = (...args: string[]): Promise<string> =>
  runKeyCommand({ args, now: NOW, directory: directory.path, variables: { AUTH_KEYS_FILE: 'keys.json' } });

describe('pnpm auth:keys', () => {
  it('makes, lists, rotates and replaces keys, and shows what they do', async () => {
    const id = '[\\w-]{43}';
    expect(await run('create')).toMatch(new RegExp(`^${file}\n  signing  ${id}  signs from 2026-06-01T12:00Z\n$`));
    expect(await run('rotate')).toMatch(
      new RegExp(
        `^${file}\n` +
          `  signing  ${id}  signs from 2026-06-01T12:00Z until 2026-06-01T12:15Z, verifies until 2026-06-01T12:31Z\n` +
          `  next     ${id}  signs from 2026-06-01T12:15Z\n$`,
      ),
    );
    const listed = JSON.parse(await run('--json')) as { keys: { state: string }[] };
    expect(listed.keys.map(({ state }) => state)).toStrictEqual(['signing', 'next']);
    expect(JSON.stringify(listed)).not.toContain('"d"');
    expect(await run('replace')).toMatch(new RegExp(`^${file}\n  signing  ${id}  signs from 2026-06-01T12:00Z\n$`));
  });

  it.each([[['lst']], [['list', 'all']], [['--no-such']]])('does not understand %j', async (args) => {
    await expect(run(...args)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('says how it is used', async () => {
    expect(await run('--help')).toMatch('Usage: pnpm auth:keys');
  });
});

describe('findKeyFile', () => {
  it('takes the file at the root of the workspace while nothing is said', async () => {
    const root = join(import.meta.dirname, '..', '..', '..', '..');
    expect(await findKeyFile({ directory: import.meta.dirname, variables: {} })).toBe(
      join(root, '.atriz', 'auth-keys.json'),
    );
  });

  it('guesses nothing in production', async () => {
    const variables = { NODE_ENV: 'production' };
    await expect(findKeyFile({ directory: import.meta.dirname, variables })).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      message: expect.stringContaining('AUTH_KEYS_FILE'),
    });
  });
});
