import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, Users } from '../src/schema.ts';

/** Each hash is bcrypt's, of the development password that the README gives, with a salt of its own. */
const USERS = [
  {
    email: 'admin@atriz.dev',
    name: 'Ada Admin',
    passwordHash: '$2b$10$Va65q7Z0IPzRfW9U26DPfOMZiDkMsDjqpvltZuFoyjHvt9nsUbSYm',
  },
  {
    email: 'manager@atriz.dev',
    name: 'Mara Manager',
    passwordHash: '$2b$10$zdelNMHtWM/0t0lLo74pxuTxHTkJk/CXcECgVENcO.3Tgb8MDH6eO',
  },
  {
    email: 'olivia@atriz.dev',
    name: 'Olivia Ortega',
    passwordHash: '$2b$10$55M4eJxRoLOcgDCE3pV0LuTzcAeR20bGp3ICRDyYw8.qh8Ytn727S',
  },
  {
    email: 'liam@atriz.dev',
    name: 'Liam Lindqvist',
    passwordHash: '$2b$10$/KoU0e.TTEFEBTTFAEH8Bux0h7tKKTJetu67H4Kzh3OlC6/Ka/d.m',
  },
  {
    email: 'noor@atriz.dev',
    name: 'Noor Nasser',
    passwordHash: '$2b$10$9fAcqs5OB/TB3j9162w9Gu1j.D32aGlMLTQE6LSokMC7fbUTnxtuu',
  },
  {
    email: 'kenji@atriz.dev',
    name: 'Kenji Kobayashi',
    passwordHash: '$2b$10$fVAzJrD1naFrCdI3tXMLQ.hUqbm0N1Qo7/RZuADrfZFJfKhh5Csia',
  },
];

/**
 * People to sign in as while developing. Other databases' seeds name them by `seedId('user:<email>')`.
 *
 * In production it makes nothing: a password that the documentation gives must open nothing there.
 */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no development users: their password is public, and this is production');
    return;
  }
  const users = USERS.map(({ email, name, passwordHash }): Insertable<Users> => ({
    id: seedId(`user:${email}`),
    email,
    password_hash: passwordHash,
    name,
    email_verified: true,
  }));
  const db = createKysely<DB>(client);
  await db
    .insertInto('users')
    .values(users)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  log(`${USERS.length} development users`);
};

export default seed;
