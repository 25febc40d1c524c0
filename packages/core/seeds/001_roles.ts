import { seedId, type SeedFunction } from '@atriz/database';
import { ROLE_NAMES, type RoleName } from '../src/roles.ts';

const DESCRIPTIONS: Readonly<Record<RoleName, string>> = {
  admin: 'Runs the company: every product, every user, every setting',
  manager: 'Runs a team: its vehicles, its shop, its pages',
  member: 'Uses the products, with rights over what is their own',
};

/** The roles that code relies on, in every environment. A description changed here is brought up to date. */
const seed: SeedFunction = async (client, { log }) => {
  for (const name of ROLE_NAMES) {
    await client.query(
      `INSERT INTO roles (id, name, description)
       VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET description = excluded.description
       WHERE roles.description <> excluded.description`,
      [seedId(`role:${name}`), name, DESCRIPTIONS[name]],
    );
  }
  log(`${ROLE_NAMES.length} roles`);
};

export default seed;
