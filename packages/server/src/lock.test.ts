import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'atriz-lock-test-'));
  path = join(directory, 'lock');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('callers in one process take turns', async () => {
  let inside = 0;
  const most = await Promise.all(
    Array.from({ length: 4 }, () =>
      withLock(path, { waitMs: 10_000 }, async () => {
        inside += 1;
        const seen = inside;
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        return seen;
      }),
    ),
  );
  expect(most).toEqual([1, 1, 1, 1]);
});

test('a failure inside gives the lock back', async () => {
  await expect(withLock(path, { waitMs: 0 }, () => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
  await expect(withLock(path, { waitMs: 0 }, async () => 'next')).resolves.toBe('next');
});

test('a holder keeps others out as long as it lives, and kill -9 sets the lock free', async () => {
  const script = fileURLToPath(new URL('fixtures/hold-lock.ts', import.meta.url));
  const holder = spawn(process.execPath, ['--conditions=source', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  await expect(withLock(path, { waitMs: 50 }, async () => 'in')).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
    message: `another process has held ${path} for more than 50 ms`,
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await expect(withLock(path, { waitMs: 0 }, async () => 'in')).resolves.toBe('in');
});

test('a lock that cannot be made is an error that names it', async () => {
  await expect(withLock(join(directory, 'missing', 'lock'), { waitMs: 0 }, async () => 'in')).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: expect.stringContaining(join(directory, 'missing', 'lock')),
  });
});
