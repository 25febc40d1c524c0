import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { listUsers } from './user-list.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
  await test.db.query(
    `INSERT INTO users (email, password_hash, name)
     VALUES ('Cleo@example.com', 'hash', 'Cleo'), ('ben@example.com', 'hash', 'Ben'), ('ada@example.com', 'hash', 'Ada')`,
  );
  await test.db.query(`INSERT INTO roles (name, description) VALUES ('member', 'm'), ('admin', 'a')`);
  await test.db.query(
    `INSERT INTO user_roles (user_id, role_id)
     SELECT users.id, roles.id FROM users, roles WHERE users.name = 'Ada'`,
  );
});
afterAll(() => test[Symbol.asyncDispose]());

describe('listUsers', () => {
  it('goes by address, whichever case it is in, and tells roles', async () => {
    const users = await listUsers(test.db, { limit: 10 });
    expect(users.map(({ name, roles }) => [name, roles])).toStrictEqual([
      ['Ada', ['admin', 'member']],
      ['Ben', []],
      ['Cleo', []],
    ]);
    expect(Object.keys(users[0]!)).not.toContain('password_hash');
  });

  it('goes on behind a user, and gives one too many where there are more', async () => {
    const [first, second] = await listUsers(test.db, { limit: 1 });
    expect([first?.name, second?.name]).toStrictEqual(['Ada', 'Ben']);
    const rest = await listUsers(test.db, { limit: 1, after: second!.place });
    expect(rest.map(({ name }) => name)).toStrictEqual(['Cleo']);
  });
});
