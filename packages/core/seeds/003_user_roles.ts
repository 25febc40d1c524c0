import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { DB } from '../src/schema.ts';

const ROLES_BY_EMAIL: Readonly<Record<string, readonly string[]>> = {
  'admin@atriz.dev': ['admin', 'member'],
  'manager@atriz.dev': ['manager', 'member'],
  'olivia@atriz.dev': ['member'],
  'liam@atriz.dev': ['member'],
  'noor@atriz.dev': ['member'],
  'kenji@atriz.dev': ['member'],
};

/** Gives the development users their roles. Where a user is missing, as in production, it gives nothing. */
const seed: SeedFunction = async (client, { log }) => {
  const db = createKysely<DB>(client);
  let granted = 0n;
  for (const [email, roles] of Object.entries(ROLES_BY_EMAIL)) {
    const { numInsertedOrUpdatedRows = 0n } = await db
      .insertInto('user_roles')
      .columns(['user_id', 'role_id'])
      .expression((from) =>
        from
          .selectFrom(['users', 'roles'])
          .select(['users.id as user_id', 'roles.id as role_id'])
          .where('users.id', '=', seedId(`user:${email}`))
          .where('roles.name', 'in', roles),
      )
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    granted += numInsertedOrUpdatedRows;
  }
  log(`${granted} roles granted`);
};

export default seed;
