import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyFamily, type FamilyCopy } from './harness/family-copy.ts';
import type { CommandResult } from './harness/command.ts';
import type { Server } from './harness/server.ts';

const USER = '00000000-0000-4000-8000-000000000001';
/** What somebody with every right does: the triggers are off, and the rows of the log are as he likes. */
const OWNER = 'SET session_replication_role = replica;';
const HASH = `sha256(convert_to(concat_ws(E'\\n', id, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  action, coalesce(actor_id::text, ''), coalesce(user_id::text, ''), encode(previous_hash, 'hex'), details), 'UTF8'))`;

let family: FamilyCopy;
let server: Server;
/** What the log was before a test broke it. */
let head: string;
beforeAll(async () => {
  family = await copyFamily();
  await family.atriz(['setup'], { in: 'packages/core' });
  server = await family.server();
  await server.query('atriz_shared', 'TRUNCATE audit_log, audit_log_head');
  for (let index = 1; index <= 12; index += 1) {
    await server.query('atriz_shared', 'SELECT record_audit($1, $2, $3)', [
      'session.started',
      USER,
      JSON.stringify({ session: index, 'ä"\n': [1.0, null] }),
    ]);
  }
  await server.query('atriz_shared', 'CREATE TABLE kept_log AS TABLE audit_log');
  await server.query('atriz_shared', 'CREATE TABLE kept_head AS TABLE audit_log_head');
  const [row] = await server.query<{ head: string }>(
    'atriz_shared',
    `SELECT id || ':' || encode(hash, 'hex') AS head FROM audit_log_head`,
  );
  head = row!.head;
});
afterAll(() => family[Symbol.asyncDispose]());

async function verify(...args: string[]): Promise<CommandResult> {
  return family.atriz(['audit', 'verify', ...args], { in: 'packages/core' });
}

/** Verifies the log after `statements`, and puts it back. */
async function verifyAfter(statements: string, ...args: string[]): Promise<string> {
  await server.query('atriz_shared', `${OWNER} ${statements}`);
  const { code, stderr } = await verify(...args);
  await server.query(
    'atriz_shared',
    `TRUNCATE audit_log, audit_log_head; INSERT INTO audit_log TABLE kept_log; INSERT INTO audit_log_head TABLE kept_head`,
  );
  return `${code} ${stderr.split('\n', 1)[0]!.replaceAll(/ of \d{4}-[\dT:.-]+Z/g, ' of TIME')}`;
}

test('a log as it was written is told with its head, which can be kept and asked for', async () => {
  await expect(verify('--expect', head)).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      new RegExp(`^atriz_shared +12 rows, as they were written .*\n  head ${head}\n$`),
    ) as string,
  });
  const { code, stdout } = await family.atriz(['audit', 'verify', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    databases: [
      {
        name: 'atriz_shared',
        status: 'done',
        rows: 12,
        first: { id: 1 },
        head: { id: 12, hash: head.slice(3) },
      },
    ],
  });
});

test.each([
  [
    `UPDATE audit_log SET user_id = NULL WHERE id = 3`,
    'row 3 of TIME was changed: its hash is not that of what it says',
  ],
  [
    `UPDATE audit_log SET action = 'session.ended' WHERE id = 3; UPDATE audit_log SET hash = ${HASH} WHERE id = 3`,
    'row 4 of TIME does not continue row 3: row 3 was written anew',
  ],
  [
    `UPDATE audit_log SET occurred_at = occurred_at + interval '1 microsecond' WHERE id = 3`,
    'row 3 of TIME was changed: its hash is not that of what it says',
  ],
  [`DELETE FROM audit_log WHERE id IN (3, 4)`, 'rows 3 to 4 are missing before row 5 of TIME'],
  [`DELETE FROM audit_log WHERE id = 12`, 'row 12 is missing at the end'],
  [`DELETE FROM audit_log`, 'all rows are missing, of 12 that were written'],
  [`DELETE FROM audit_log_head`, 'the head is missing, which says that row 12 is the last'],
  [
    `INSERT INTO audit_log SELECT id, occurred_at + interval '1 hour', action, actor_id, user_id, details, previous_hash, hash
       FROM audit_log WHERE id = 3`,
    'row 3 of TIME was put in: there is another row 3',
  ],
  [
    `UPDATE audit_log SET id = 100 WHERE id = 3; UPDATE audit_log SET id = 3 WHERE id = 4; UPDATE audit_log SET id = 4 WHERE id = 100`,
    'row 3 of TIME was changed: its hash is not that of what it says',
  ],
])('after %s it is broken', async (statements, fault) => {
  expect(await verifyAfter(statements)).toBe(`3 atriz_shared: AUDIT_BROKEN audit_log was tampered with: ${fault}`);
});

test('a log that was written anew as a whole shows beside the head that was kept', async () => {
  const anew = `TRUNCATE audit_log, audit_log_head; SELECT record_audit('session.ended', NULL) FROM generate_series(1, 13)`;
  expect(await verifyAfter(anew)).toBe('0 ');
  expect(await verifyAfter(anew, '--expect', head)).toBe(
    '3 atriz_shared: AUDIT_BROKEN audit_log was tampered with: row 12 is not the one that was kept: the log was written anew',
  );
});

test('a log whose oldest months were dropped begins later, which is said', async () => {
  await server.query('atriz_shared', `${OWNER} DELETE FROM audit_log WHERE id < 4`);
  const { code, stdout } = await verify('--expect', head);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}begins at row 4 of \d{4}-[^;]*Z; older rows were dropped$/m);
});

test('--expect is about one log, and is what verify printed', async () => {
  await expect(verify('--expect', 'nonsense')).resolves.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('ARGUMENT_INVALID "nonsense" is not the head of an audit log') as string,
  });
  await expect(family.atriz(['audit', 'verify', '--expect', head], { in: 'apps/mextrack' })).resolves.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('none is declared') as string,
  });
  await expect(family.atriz(['audit', 'verify'], { in: 'apps/mextrack' })).resolves.toMatchObject({
    code: 0,
    stdout: 'no audit log is declared\n',
  });
});

test('clean leaves an empty log, and the seeds begin it anew', async () => {
  await server.query('atriz_shared', 'DROP TABLE kept_log, kept_head');
  await expect(family.atriz(['clean', '--yes'], { in: 'packages/core' })).resolves.toMatchObject({ code: 0 });
  await expect(verify()).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining('the log is empty') as string,
  });
  await expect(family.atriz(['seed'], { in: 'packages/core' })).resolves.toMatchObject({ code: 0 });
  const { code, stdout } = await verify('--json');
  expect(code).toBe(0);
  // six users and the eight roles that they hold
  expect(JSON.parse(stdout)).toMatchObject({ databases: [{ rows: 14, first: { id: 1 } }] });
});
