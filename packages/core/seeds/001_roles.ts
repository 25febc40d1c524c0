import { seedId, type SeedFunction } from '@atriz/database';

const ROLES = [
  { name: 'admin', description: 'Runs the company: every product, every user, every setting' },
  { name: 'manager', description: 'Runs a team: its vehicles, its shop, its pages' },
  { name: 'member', description: 'Uses the products, with rights over what is their own' },
];

/** The roles that code relies on, in every environment. A description changed here is brought up to date. */
const seed: SeedFunction = async (client, { log }) => {
  for (const { name, description } of ROLES) {
    await client.query(
      `INSERT INTO roles (id, name, description)
       VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET description = excluded.description
       WHERE roles.description <> excluded.description`,
      [seedId(`role:${name}`), name, description],
    );
  }
  log(`${ROLES.length} roles`);
};

export default seed;
