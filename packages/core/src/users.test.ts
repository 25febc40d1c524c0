import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { findUserByEmail, findUserById, readUsersById } from './users.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const UNKNOWN = '99999999-9999-4999-8999-999999999999';
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await test.db.query(
    `INSERT INTO users (id, email, password_hash, name, created_at, updated_at)
     VALUES ($1, 'Grace@Example.com', 'hash', 'Grace', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')`,
    [ID],
  );
});
afterAll(() => test[Symbol.asyncDispose]());

const GRACE = {
  id: ID,
  email: 'Grace@Example.com',
  name: 'Grace',
  emailVerified: false,
  isActive: true,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  updatedAt: new Date('2026-01-01T00:00:00Z'),
};

describe('reading users', () => {
  it('finds a user by address, upper or lower case alike, and without the hash', async () => {
    expect(await findUserByEmail(test.db, 'gRACE@example.COM')).toStrictEqual(GRACE);
  });

  it('finds a user by id', async () => {
    expect(await findUserById(test.db, ID)).toStrictEqual(GRACE);
  });

  it('finds nobody where there is nobody', async () => {
    expect(await findUserByEmail(test.db, 'nobody@example.com')).toBeUndefined();
    expect(await findUserById(test.db, UNKNOWN)).toBeUndefined();
  });

  it('leaves ids that name nobody out of the map', async () => {
    expect([...(await readUsersById(test.db, [UNKNOWN, ID]))]).toStrictEqual([[ID, GRACE]]);
  });
});

describe('the table users', () => {
  it('refuses an address that differs from another in case alone', async () => {
    const query = `INSERT INTO users (email, password_hash, name) VALUES ('GRACE@EXAMPLE.COM', 'hash', 'Other')`;
    await expect(test.db.query(query)).rejects.toMatchObject({ code: '23505', constraint: 'users_email_lower_key' });
  });

  it.each(['', 'grace', 'grace@', '@example.com', 'a b@example.com', 'a@b@c'])(
    'refuses the address "%s"',
    async (email) => {
      const query = `INSERT INTO users (email, password_hash, name) VALUES ($1, 'hash', 'Other')`;
      await expect(test.db.query(query, [email])).rejects.toMatchObject({
        code: '23514',
        constraint: 'users_email_check',
      });
    },
  );

  it('moves updated_at with every update, whatever the update says', async () => {
    const { rows: made } = await test.db.query<{ id: string }>(
      `INSERT INTO users (email, password_hash, name, updated_at)
       VALUES ('moved@example.com', 'hash', 'Moved', '2026-01-01T00:00:00Z')
       RETURNING id`,
    );
    const { rows } = await test.db.query(
      `UPDATE users SET updated_at = '2026-01-02T00:00:00Z' WHERE id = $1 RETURNING updated_at = now() AS moved`,
      [made[0]!.id],
    );
    expect(rows).toStrictEqual([{ moved: true }]);
  });
});
