import { join } from 'node:path';
import { runSeeds } from '@atriz/database';
import { compare } from 'bcryptjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';
import { readRolesOfUser } from './roles.ts';
import { findUserByEmail } from './users.ts';

const directory = join(import.meta.dirname, '../seeds');
let test: TestDatabase;

beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test[Symbol.asyncDispose]());

async function readEverything(): Promise<unknown> {
  const tables = ['users', 'roles', 'user_roles', 'auth_tokens'];
  return Promise.all(tables.map(async (table) => (await test.db.query(`SELECT * FROM ${table} ORDER BY 1, 2`)).rows));
}

describe('the seeds of core', () => {
  it('make an administrator to sign in as', async () => {
    await runSeeds(test.db.pool, { directory });
    const admin = await findUserByEmail(test.db, 'admin@atriz.dev');
    expect(admin).toMatchObject({ name: 'Ada Admin', emailVerified: true, isActive: true });
    expect(await readRolesOfUser(test.db, admin!.id)).toStrictEqual(['admin', 'member']);
  });

  it('give every development user the documented password, hashed with a salt of his own', async () => {
    await runSeeds(test.db.pool, { directory });
    const { rows } = await test.db.query<{ hash: string }>('SELECT password_hash AS hash FROM users');
    expect(new Set(rows.map(({ hash }) => hash)).size).toBe(6);
    for (const { hash } of rows) expect(await compare('atriz-development', hash)).toBe(true);
  });

  it('change nothing when they run again', async () => {
    await runSeeds(test.db.pool, { directory });
    const before = await readEverything();
    await runSeeds(test.db.pool, { directory });
    expect(await readEverything()).toStrictEqual(before);
  });

  it('bring a role described otherwise up to date, and leave its id', async () => {
    await runSeeds(test.db.pool, { directory });
    const select = `SELECT id, description FROM roles WHERE name = 'admin'`;
    const before = (await test.db.query(select)).rows;
    await test.db.query(`UPDATE roles SET description = 'old' WHERE name = 'admin'`);
    await runSeeds(test.db.pool, { directory });
    expect((await test.db.query(select)).rows).toStrictEqual(before);
  });

  it('make roles but no user in production, and say why', async () => {
    const messages: string[] = [];
    await runSeeds(test.db.pool, {
      directory,
      environment: 'production',
      log: (message) => void messages.push(message),
    });
    expect((await test.db.query('SELECT name FROM roles ORDER BY name')).rows).toStrictEqual([
      { name: 'admin' },
      { name: 'manager' },
      { name: 'member' },
    ]);
    expect((await test.db.query('SELECT 1 FROM users')).rowCount).toBe(0);
    expect(messages).toStrictEqual([
      '3 roles',
      'no development users: their password is public, and this is production',
      '0 roles granted',
    ]);
  });
});
