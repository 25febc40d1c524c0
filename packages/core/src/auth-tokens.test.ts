import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';

const USER = '11111111-1111-4111-8111-111111111111';
const HASH = 'a'.repeat(64);
const INSERT = `INSERT INTO auth_tokens (user_id, token_type, token_hash, expires_at) VALUES ($1, $2, $3, $4)`;
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await test.db.query(`INSERT INTO users (id, email, password_hash, name) VALUES ($1, 'a@example.com', 'hash', 'A')`, [
    USER,
  ]);
  await test.db.query(INSERT, [USER, 'refresh', HASH, '2126-01-01']);
});
afterAll(() => test[Symbol.asyncDispose]());

describe('the table auth_tokens', () => {
  it.each([
    ['a second token of the same hash', [USER, 'refresh', HASH, '2126-01-01'], 'auth_tokens_token_hash_key'],
    ['a token that is not hashed', [USER, 'refresh', 'secret', '2126-01-01'], 'auth_tokens_token_hash_check'],
    ['a type it does not know', [USER, 'cookie', 'b'.repeat(64), '2126-01-01'], 'auth_tokens_token_type_check'],
    ['a token that is born expired', [USER, 'refresh', 'b'.repeat(64), '2000-01-01'], 'auth_tokens_expires_at_check'],
    [
      'a token of nobody',
      ['99999999-9999-4999-8999-999999999999', 'refresh', 'b'.repeat(64), '2126-01-01'],
      'auth_tokens_user_id_fkey',
    ],
  ])('refuses %s', async (_, values, constraint) => {
    await expect(test.db.query(INSERT, values)).rejects.toMatchObject({ constraint });
  });

  it('loses the tokens of a user who is deleted', async () => {
    await test.db.query('DELETE FROM users WHERE id = $1', [USER]);
    expect((await test.db.query('SELECT 1 FROM auth_tokens')).rowCount).toBe(0);
  });
});
