import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';

const USER = '11111111-1111-4111-8111-111111111111';
const HASH = 'a'.repeat(64);
const SESSION = '33333333-3333-4333-8333-333333333333';
const INSERT = `
  INSERT INTO auth_tokens (user_id, token_type, token_hash, expires_at, session_id, name, session_ends_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;
/** A good refresh token, but for what is given. */
const row = (
  values: Partial<Record<'user' | 'type' | 'hash' | 'expiresAt' | 'session' | 'name' | 'endsAt', string | null>>,
) => {
  const { user = USER, type = 'refresh', hash = 'b'.repeat(64), expiresAt = '2126-01-01' } = values;
  const { session = SESSION, name = null, endsAt = null } = values;
  return [user, type, hash, expiresAt, session, name, endsAt];
};
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await test.db.query(`INSERT INTO users (id, email, password_hash, name) VALUES ($1, 'a@example.com', 'hash', 'A')`, [
    USER,
  ]);
  await test.db.query(INSERT, row({ hash: HASH }));
});
afterAll(() => test[Symbol.asyncDispose]());

describe('the table auth_tokens', () => {
  it.each([
    ['a second token of the same hash', { hash: HASH }, 'auth_tokens_token_hash_key'],
    ['a token that is not hashed', { hash: 'secret' }, 'auth_tokens_token_hash_check'],
    ['a type it does not know', { type: 'cookie', session: null }, 'auth_tokens_token_type_check'],
    ['a token that is born expired', { expiresAt: '2000-01-01' }, 'auth_tokens_expires_at_check'],
    ['a token of nobody', { user: '99999999-9999-4999-8999-999999999999' }, 'auth_tokens_user_id_fkey'],
    ['a refresh token without a session', { session: null }, 'auth_tokens_session_id_check'],
    ['a token by mail with a session', { type: 'password_reset' }, 'auth_tokens_session_id_check'],
    ['an API token without a name', { type: 'api' }, 'auth_tokens_api_check'],
    ['an API token whose name is blank', { type: 'api', name: ' ' }, 'auth_tokens_name_check'],
    ['a token that outlives its session', { endsAt: '2125-12-31' }, 'auth_tokens_session_ends_at_check'],
    [
      'an end of a session that an API token has not',
      { type: 'api', name: 'nightly', endsAt: '2126-01-01' },
      'auth_tokens_session_ends_at_check',
    ],
  ])('refuses %s', async (_, values, constraint) => {
    await expect(test.db.query(INSERT, row(values))).rejects.toMatchObject({ constraint });
  });

  it('loses the tokens of a user who is deleted', async () => {
    await test.db.query('DELETE FROM users WHERE id = $1', [USER]);
    expect((await test.db.query('SELECT 1 FROM auth_tokens')).rowCount).toBe(0);
  });
});
