import { withTransaction } from '@atriz/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/database.ts';
import { RECORDED_ACTIONS, TRIGGERED_ACTIONS } from './action.ts';
import { recordAudit } from './record.ts';

const USER = '11111111-1111-4111-8111-111111111111';
const ACTOR = '22222222-2222-4222-8222-222222222222';
const ROLE = '33333333-3333-4333-8333-333333333333';
const TOKEN = '44444444-4444-4444-8444-444444444444';
const INSERT_USER = `INSERT INTO users (id, email, password_hash, name) VALUES ($1, 'a@example.com', 'secret hash', 'A')`;
const INSERT_TOKEN = `
INSERT INTO auth_tokens (id, user_id, token_type, token_hash, expires_at, name, session_id)
VALUES ($1, $2, $3, $4, now() + interval '1 day', $5, $6)`;

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test[Symbol.asyncDispose]());

interface Entry {
  readonly action: string;
  readonly details: object;
}

async function readLog(): Promise<Entry[]> {
  const { rows } = await test.db.query<Entry>('SELECT action, details FROM audit_log ORDER BY id');
  return rows;
}

/** What was written since the log was this long. */
async function readSince(length: number): Promise<Entry[]> {
  return (await readLog()).slice(length);
}

describe('the audit log', () => {
  it('tells of an account whatever happens to it, whoever does it, and no secret, name or address', async () => {
    await test.db.query(INSERT_USER, [USER]);
    await test.db.query(`UPDATE users SET email = 'b@example.com', email_verified = true WHERE id = $1`, [USER]);
    await test.db.query(`UPDATE users SET password_hash = 'other hash', is_active = false WHERE id = $1`, [USER]);
    await test.db.query(`UPDATE users SET name = 'B', email_verified = false, is_active = true WHERE id = $1`, [USER]);
    await test.db.query(`UPDATE users SET name = 'B', token_version = token_version + 1 WHERE id = $1`, [USER]);
    await test.db.query('DELETE FROM users WHERE id = $1', [USER]);
    expect(await readLog()).toStrictEqual(
      [
        'user.created',
        'user.email_changed',
        'user.email_verified',
        'user.password_changed',
        'user.deactivated',
        'user.email_unverified',
        'user.renamed',
        'user.activated',
        'user.deleted',
      ].map((action) => ({ action, details: {} })),
    );
  });

  it('tells of roles by name, of API tokens by id, and that a token went by mail', async () => {
    await test.db.query(INSERT_USER, [USER]);
    await test.db.query(`INSERT INTO roles (id, name, description) VALUES ($1, 'admin', '')`, [ROLE]);
    await test.db.query('INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2)', [USER, ROLE]);
    await test.db.query('DELETE FROM user_roles');
    await test.db.query(INSERT_TOKEN, [TOKEN, USER, 'api', 'a'.repeat(64), 'laptop', TOKEN]);
    await test.db.query('UPDATE auth_tokens SET last_used_at = now()');
    await test.db.query('UPDATE auth_tokens SET revoked_at = now()');
    await test.db.query('DELETE FROM auth_tokens');
    await test.db.query(INSERT_TOKEN, [TOKEN, USER, 'api', 'a'.repeat(64), 'laptop', TOKEN]);
    await test.db.query(INSERT_TOKEN, [ACTOR, USER, 'password_reset', 'b'.repeat(64), null, null]);
    await test.db.query(INSERT_TOKEN, [ROLE, USER, 'email_verification', 'c'.repeat(64), null, null]);
    await test.db.query('DELETE FROM auth_tokens');
    expect(await readSince(1)).toStrictEqual([
      { action: 'role.granted', details: { role: 'admin' } },
      { action: 'role.revoked', details: { role: 'admin' } },
      { action: 'api_token.created', details: { token: TOKEN } },
      { action: 'api_token.revoked', details: { token: TOKEN } },
      { action: 'api_token.created', details: { token: TOKEN } },
      { action: 'password_reset.requested', details: {} },
      { action: 'email_verification.requested', details: {} },
      { action: 'api_token.revoked', details: { token: TOKEN } },
    ]);
  });

  it('does not tell of a refresh, nor of a token that had expired anyway', async () => {
    await test.db.query(INSERT_USER, [USER]);
    await test.db.query(INSERT_TOKEN, [TOKEN, USER, 'refresh', 'a'.repeat(64), null, TOKEN]);
    await test.db.query('UPDATE auth_tokens SET revoked_at = now(), replaced_at = now()');
    await test.db.query(
      `INSERT INTO auth_tokens (user_id, token_type, token_hash, created_at, expires_at, name, session_id)
       VALUES ($1, 'api', $2, '2020-01-01', '2020-02-01', 'old', $3)`,
      [USER, 'b'.repeat(64), TOKEN],
    );
    await test.db.query('DELETE FROM auth_tokens');
    expect(await readSince(2)).toStrictEqual([]);
  });

  it('tells of a requested deletion, of its refusal with the reason, and of its end with the rows that went', async () => {
    await test.db.query('INSERT INTO user_deletions (user_id, requested_by) VALUES ($1, $2)', [USER, ACTOR]);
    await test.db.query(`UPDATE user_deletions SET state = 'refused', reason = '2 sales', finished_at = now()`);
    await test.db.query(
      `UPDATE user_deletions SET state = 'requested', reason = NULL, finished_at = NULL, requested_by = NULL`,
    );
    await test.db.query(
      `UPDATE user_deletions SET state = 'done', finished_at = now(), details = '{"pshop_db.sales.user_id": 2}'`,
    );
    expect(await readLog()).toStrictEqual([
      { action: 'user_deletion.requested', details: { requested_by: ACTOR } },
      { action: 'user_deletion.refused', details: { reason: '2 sales' } },
      { action: 'user_deletion.requested', details: { requested_by: null } },
      { action: 'user_deletion.done', details: { 'pshop_db.sales.user_id': 2 } },
    ]);
  });

  it('tells a password that was only hashed anew from one that was changed', async () => {
    await test.db.query(INSERT_USER, [USER]);
    await withTransaction(test.db.pool, async (client) => {
      await client.query(`SET LOCAL atriz.password_rehashed = 'on'`);
      await client.query(`UPDATE users SET password_hash = 'the same'`);
    });
    await test.db.query(`UPDATE users SET password_hash = 'another'`);
    expect(await readSince(1)).toStrictEqual([
      { action: 'user.password_rehashed', details: {} },
      { action: 'user.password_changed', details: {} },
    ]);
  });

  it('knows who did it: the user of the transaction, or nobody', async () => {
    await withTransaction(test.db.pool, async (client) => {
      await client.query(`SELECT set_config('atriz.user_id', $1, true)`, [ACTOR]);
      await client.query(INSERT_USER, [USER]);
      await recordAudit(client, { action: 'session.started', userId: USER, details: { session: TOKEN } });
    });
    await recordAudit(test.db, { action: 'session.ended', userId: USER });
    const { rows } = await test.db.query(
      'SELECT id, action, actor_id, user_id, details FROM audit_log WHERE user_id = $1 ORDER BY id',
      [USER],
    );
    expect(rows).toStrictEqual([
      { id: '1', action: 'session.started', actor_id: ACTOR, user_id: USER, details: { session: TOKEN } },
      { id: '2', action: 'user.created', actor_id: ACTOR, user_id: USER, details: {} },
      { id: '3', action: 'session.ended', actor_id: null, user_id: USER, details: {} },
    ]);
  });

  it('forgets what was rolled back, and leaves no gap for it', async () => {
    await expect(
      withTransaction(test.db.pool, async (client) => {
        await recordAudit(client, { action: 'session.started', userId: USER });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await recordAudit(test.db, { action: 'session.ended', userId: USER });
    const { rows } = await test.db.query('SELECT id, action FROM audit_log');
    expect(rows).toStrictEqual([{ id: '1', action: 'session.ended' }]);
  });

  it('is one chain without gaps when twenty write at once, and nobody waits in a circle', async () => {
    const users = [USER, ACTOR];
    for (const [index, user] of users.entries()) {
      await test.db.query(`INSERT INTO users (id, email, password_hash, name) VALUES ($1, $2, 'hash', 'A')`, [
        user,
        `${index}@example.com`,
      ]);
    }
    const rename = (index: number): Promise<void> =>
      withTransaction(test.db.pool, async (client) => {
        // One locks the second user alone, the next the first and then the second: were the log locked in between, they
        // would wait for each other.
        for (const user of users.slice(index % 2)) {
          await client.query('UPDATE users SET name = $2 WHERE id = $1', [user, `name ${index}`]);
        }
      });
    await Promise.all(Array.from({ length: 20 }, (_, index) => rename(index)));
    const { rows } = await test.db.query(
      `SELECT count(*)::int AS rows, max(id)::int AS last, count(DISTINCT previous_hash)::int AS links,
              (SELECT id FROM audit_log_head)::int AS head
       FROM audit_log`,
    );
    expect(rows).toStrictEqual([{ rows: 32, last: 32, links: 32, head: 32 }]);
  });

  it.each(['(0,1)', '(4000,7)', ''])(
    'stays one chain over savepoints, wherever somebody says that its head is: %j',
    async (place) => {
      await recordAudit(test.db, { action: 'session.started', userId: USER });
      await withTransaction(test.db.pool, async (client) => {
        await client.query(`SELECT set_config('atriz.audit_place', $1, false)`, [place]);
        await recordAudit(client, { action: 'session.started', userId: USER });
        await client.query('SAVEPOINT later');
        await recordAudit(client, { action: 'session.ended', userId: USER });
        await recordAudit(client, { action: 'session.ended', userId: USER });
        await client.query('ROLLBACK TO later');
        await recordAudit(client, { action: 'session.started', userId: USER });
        await recordAudit(client, { action: 'session.started', userId: USER });
      });
      await recordAudit(test.db, { action: 'session.started', userId: USER });
      const { rows } = await test.db.query(
        `SELECT array_agg(id::int ORDER BY id) AS ids, count(DISTINCT previous_hash)::int AS links,
                array_agg(DISTINCT action) AS actions, (SELECT id::int FROM audit_log_head) AS head FROM audit_log`,
      );
      expect(rows).toStrictEqual([{ ids: [1, 2, 3, 4, 5], links: 5, actions: ['session.started'], head: 5 }]);
    },
  );

  it('hashes the text that its comment describes, whatever the session is set to', async () => {
    await withTransaction(test.db.pool, async (client) => {
      await client.query(
        `SET LOCAL TimeZone = 'Asia/Kathmandu'; SET LOCAL DateStyle = 'SQL, DMY'; SET LOCAL bytea_output = 'escape'`,
      );
      await recordAudit(client, { action: 'session.started', userId: USER, details: { session: 'ä "b"\n' } });
    });
    const { rows } = await test.db.query(
      `SELECT encode(hash, 'hex') = encode(sha256(convert_to(
                '1' || chr(10) || to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || chr(10)
                || 'session.started' || chr(10) || chr(10) || $1 || chr(10) || repeat('0', 64) || chr(10)
                || '{"session": "ä \\"b\\"\\n"}', 'UTF8')), 'hex') AS "asDescribed"
       FROM audit_log`,
      [USER],
    );
    expect(rows).toStrictEqual([{ asDescribed: true }]);
  });

  it.each(['UPDATE audit_log SET action = action', 'DELETE FROM audit_log', 'DELETE FROM audit_log_default'])(
    'refuses %s',
    async (statement) => {
      await recordAudit(test.db, { action: 'session.started', userId: USER });
      await expect(test.db.query(statement)).rejects.toMatchObject({
        code: '42501',
        message: 'rows of audit_log are neither changed nor deleted',
      });
    },
  );

  it.each([
    'TABLE audit_log',
    `INSERT INTO audit_log (id, occurred_at, action, previous_hash, hash) VALUES (1, now(), 'a.b', '', '')`,
    'UPDATE audit_log_head SET id = 0',
    'TRUNCATE audit_log',
    'DROP TRIGGER audit_log_refuse_change ON audit_log',
    'DELETE FROM audit_log_default',
    'SELECT create_audit_partitions(now()::date, 1)',
    'DELETE FROM user_deletions',
  ])('is nothing that the runtime role reads or changes: %s', async (statement) => {
    await recordAudit(test.app, { action: 'session.started', userId: USER });
    await expect(test.app.query(statement)).rejects.toMatchObject({ code: '42501' });
    expect(await readLog()).toHaveLength(1);
  });

  it('begins anew after TRUNCATE', async () => {
    await recordAudit(test.db, { action: 'session.started', userId: USER });
    await test.db.query('TRUNCATE audit_log, audit_log_head');
    await recordAudit(test.db, { action: 'session.ended', userId: USER });
    const { rows } = await test.db.query(`SELECT id, encode(previous_hash, 'hex') AS previous FROM audit_log`);
    expect(rows).toStrictEqual([{ id: '1', previous: '0'.repeat(64) }]);
  });

  it('moves what waited into the partitions that are made, and refuses changes there too', async () => {
    await recordAudit(test.db, { action: 'session.started', userId: USER });
    const make = `SELECT create_audit_partitions(now()::date, 2) AS created`;
    expect((await test.db.query(make)).rows).toStrictEqual([{ created: 2 }]);
    expect((await test.db.query(make)).rows).toStrictEqual([{ created: 0 }]);
    await recordAudit(test.db, { action: 'session.ended', userId: USER });
    expect((await test.db.query('SELECT FROM audit_log_default')).rowCount).toBe(0);
    const { rows } = await test.db.query<{ partition: string }>(
      'SELECT DISTINCT tableoid::regclass::text AS partition FROM audit_log',
    );
    expect(rows).toStrictEqual([{ partition: expect.stringMatching(/^audit_log_\d{4}_\d\d$/) }]);
    for (const table of [rows[0]!.partition, 'audit_log_default']) {
      const { rows: triggers } = await test.db.query(
        `SELECT tgenabled FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname = 'audit_log_refuse_change'`,
        [table],
      );
      expect(triggers).toStrictEqual([{ tgenabled: 'O' }]);
    }
    await expect(test.db.query(`DELETE FROM ${rows[0]!.partition}`)).rejects.toMatchObject({ code: '42501' });
  });

  it('names in code what its triggers write', async () => {
    const { rows } = await test.db.query<{ source: string }>(
      `SELECT string_agg(prosrc, ' ') AS source FROM pg_proc WHERE proname LIKE 'audit\\_%'`,
    );
    const written = [...rows[0]!.source.matchAll(/'((?!atriz)[a-z_]+\.[a-z_]+)'/g)].map(([, action]) => action);
    const composed = ['email_verification.requested', 'password_reset.requested'].concat(
      ['requested', 'refused', 'done'].map((state) => `user_deletion.${state}`),
    );
    expect([...new Set([...written, ...composed])].toSorted()).toStrictEqual([...TRIGGERED_ACTIONS].toSorted());
    expect(RECORDED_ACTIONS).toStrictEqual(['session.started', 'session.ended', 'refresh_token.reused']);
  });
});
