import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { readRolesOfUser } from './roles.ts';

const USER = '11111111-1111-4111-8111-111111111111';
const MEMBER = '22222222-2222-4222-8222-222222222222';
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await test.db.query(`INSERT INTO users (id, email, password_hash, name) VALUES ($1, 'a@example.com', 'hash', 'A')`, [
    USER,
  ]);
  await test.db.query(
    `INSERT INTO roles (id, name, description)
     VALUES ($1, 'member', ''), (gen_random_uuid(), 'admin', ''), (gen_random_uuid(), 'astronaut', '')`,
    [MEMBER],
  );
  await test.db.query('INSERT INTO user_roles (user_id, role_id) SELECT $1, id FROM roles', [USER]);
});
afterAll(() => test[Symbol.asyncDispose]());

describe('roles', () => {
  it('are read in alphabetical order, those that code does not know left out', async () => {
    expect(await readRolesOfUser(test.db, USER)).toStrictEqual(['admin', 'member']);
  });

  it('are none for a user who does not exist', async () => {
    expect(await readRolesOfUser(test.db, '99999999-9999-4999-8999-999999999999')).toStrictEqual([]);
  });

  it('are held once', async () => {
    await expect(
      test.db.query('INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2)', [USER, MEMBER]),
    ).rejects.toMatchObject({ code: '23505', constraint: 'user_roles_pkey' });
  });

  it('cannot be deleted while somebody holds them', async () => {
    // PostgreSQL 18 tells ON DELETE RESTRICT (23001) from other violated foreign keys (23503).
    await expect(test.db.query('DELETE FROM roles WHERE id = $1', [MEMBER])).rejects.toMatchObject({
      code: expect.stringMatching(/^(23503|23001)$/),
      constraint: 'user_roles_role_id_fkey',
    });
  });
});
