import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import { ROLE_NAMES, type RoleName } from '../src/roles.ts';
import type { DB } from '../src/schema.ts';

const DESCRIPTIONS: Readonly<Record<RoleName, string>> = {
  admin: 'Runs the company: every product, every user, every setting',
  manager: 'Runs a team: its vehicles, its shop, its pages',
  member: 'Uses the products, with rights over what is their own',
};

/** The roles that code relies on, in every environment. A description changed here is brought up to date. */
const seed: SeedFunction = async (client, { log }) => {
  const roles = ROLE_NAMES.map((name) => ({ id: seedId(`role:${name}`), name, description: DESCRIPTIONS[name] }));
  const db = createKysely<DB>(client);
  await db
    .insertInto('roles')
    .values(roles)
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ description: (old) => old.ref('excluded.description') })
        .whereRef('roles.description', '<>', 'excluded.description'),
    )
    .execute();
  log(`${ROLE_NAMES.length} roles`);
};

export default seed;
