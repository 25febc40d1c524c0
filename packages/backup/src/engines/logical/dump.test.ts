import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { buffer, text } from 'node:stream/consumers';
import type { ConnectionParameters } from '@atriz/database/workspace';
import { expect, test } from 'vitest';
import { createFakePrograms } from '../../../test/fake-programs.ts';
import { withDump, type DumpOptions } from './dump.ts';

const SECRET = String.raw`s3cret:with\odd 'signs'`;

const PARAMETERS: ConnectionParameters = {
  host: '127.0.0.1',
  port: 1,
  user: 'someone',
  password: SECRET,
  database: "a 'b'",
  ssl: false,
};

const NOTHING = { selection: [] };

function optionsOf(pgDump: string, rest: Partial<DumpOptions> = {}): DumpOptions {
  const programs = { pgDump, pgRestore: '/nowhere', major: 98 };
  const signal = new AbortController().signal;
  return {
    programs,
    parameters: PARAMETERS,
    snapshot: '00000003-0000001B-1',
    role: undefined,
    lockWaitMs: 5000,
    signal,
    ...rest,
  };
}

test('a dump that dies half-way fails its stream after what it has written, with the last that it said', async () => {
  await using fake = await createFakePrograms(
    '98.0',
    `head -c 100000 /dev/zero\necho 'pg_dump: error: connection to server was lost' >&2\nexit 1`,
  );
  let bytes = 0;
  const dumped = withDump(NOTHING, optionsOf(fake.pgDump), async (archive) => {
    for await (const chunk of archive) bytes += (chunk as Buffer).length;
  });
  await expect(dumped).rejects.toMatchObject({
    code: 'CLIENT_TOOL_FAILED',
    message: 'pg_dump ended with exit code 1: pg_dump: error: connection to server was lost',
  });
  expect(bytes).toBe(100_000);
});

test('one that is killed, and one that is not there, fail too', async () => {
  await using fake = await createFakePrograms('98.0', 'printf begun; kill -9 $$');
  await expect(withDump(NOTHING, optionsOf(fake.pgDump), buffer)).rejects.toMatchObject({
    code: 'CLIENT_TOOL_FAILED',
    message: 'pg_dump ended by SIGKILL',
  });
  await expect(withDump(NOTHING, optionsOf('/nowhere/pg_dump'), buffer)).rejects.toMatchObject({
    code: 'CLIENT_TOOLS_MISSING',
    message: '/nowhere/pg_dump cannot be run: spawn /nowhere/pg_dump ENOENT',
  });
});

test('a full disk is told as one', async () => {
  const said = 'pg_restore: error: could not extend file "base/5/16402": No space left on device';
  await using fake = await createFakePrograms('98.0', `echo '${said}' >&2; exit 1`);
  await expect(withDump(NOTHING, optionsOf(fake.pgDump), buffer)).rejects.toMatchObject({ code: 'DISK_FULL' });
});

test('one that hangs is ended with what waits for it when the run is interrupted, or its reader goes', async () => {
  await using fake = await createFakePrograms('98.0', 'echo $$; exec sleep 600');
  const interruption = new AbortController();
  let process = 0;
  const interrupted = withDump(NOTHING, optionsOf(fake.pgDump, { signal: interruption.signal }), async (archive) => {
    for await (const chunk of archive) {
      process = Number(String(chunk));
      interruption.abort();
    }
  });
  await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect.poll(() => isRunning(process)).toBe(false);
  const left = withDump(NOTHING, optionsOf(fake.pgDump), async (archive) => {
    for await (const chunk of archive) {
      process = Number(String(chunk));
      throw new Error('the store is full');
    }
  });
  await expect(left).rejects.toThrow('the store is full');
  await expect.poll(() => isRunning(process)).toBe(false);
});

test('one that does not end when it is asked to is killed', async () => {
  await using fake = await createFakePrograms('98.0', `trap '' TERM; echo $$; while :; do sleep 0.1; done`);
  const interruption = new AbortController();
  let process = 0;
  const interrupted = withDump(NOTHING, optionsOf(fake.pgDump, { signal: interruption.signal }), async (archive) => {
    for await (const chunk of archive) {
      process = Number(String(chunk));
      interruption.abort();
    }
  });
  await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect.poll(() => isRunning(process)).toBe(false);
});

test('the password is in a file that only the program can open: not in its arguments, environment or a message', async () => {
  await using fake = await createFakePrograms(
    '98.0',
    `echo "$@"; echo ===; cat /proc/$$/environ | tr '\\0' '\\n'; echo ===; cat "$PGPASSFILE"; stat -L -c %a "$PGPASSFILE"`,
  );
  const before = await leftovers();
  const said = await withDump(
    { selection: ['--section=data'] },
    optionsOf(fake.pgDump, { role: 'a_backup' }),
    (archive) => text(archive),
  );
  const [parameters, environment, file] = said.split('===\n');
  expect(parameters).toBe(
    '--format=custom --compress=0 --no-password --quote-all-identifiers --snapshot=00000003-0000001B-1 --lock-wait-timeout=5000 --role=a_backup --section=data\n',
  );
  expect(
    environment!
      .split('\n')
      .filter((line) => /^(PG|LC_)/.test(line))
      .toSorted(),
  ).toEqual([
    'LC_ALL=C',
    'PGAPPNAME=atriz',
    'PGCONNECT_TIMEOUT=10',
    "PGDATABASE=a 'b'",
    'PGHOST=127.0.0.1',
    'PGPASSFILE=/proc/self/fd/3',
    'PGPORT=1',
    'PGSSLMODE=disable',
    'PGUSER=someone',
  ]);
  expect(`${parameters}${environment}`).not.toContain('s3cret');
  expect(file).toBe(String.raw`*:*:*:*:s3cret\:with\\odd 'signs'` + '\n600\n');
  expect(await leftovers()).toEqual(before);
});

test('a message that repeats the password does so without it', async () => {
  await using fake = await createFakePrograms('98.0', `cat >&2 <<'END'\ntried with ${SECRET}\nEND\nexit 3`);
  await expect(withDump(NOTHING, optionsOf(fake.pgDump), buffer)).rejects.toMatchObject({
    message: 'pg_dump ended with exit code 3: tried with ********',
  });
});

async function leftovers(): Promise<string[]> {
  const names = existsSync('/dev/shm') ? await readdir('/dev/shm') : [];
  return names.filter((name) => name.startsWith('atriz-')).toSorted();
}

function isRunning(process: number): boolean {
  return process > 0 && existsSync(`/proc/${process}`);
}
