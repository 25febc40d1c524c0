import { seedId, type SeedFunction } from '@atriz/database';

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
  let granted = 0;
  for (const [email, roles] of Object.entries(ROLES_BY_EMAIL)) {
    const { rowCount } = await client.query(
      `INSERT INTO user_roles (user_id, role_id)
       SELECT users.id, roles.id
       FROM users, roles
       WHERE users.id = $1 AND roles.name = ANY ($2)
       ON CONFLICT DO NOTHING`,
      [seedId(`user:${email}`), roles],
    );
    granted += rowCount ?? 0;
  }
  log(`${granted} roles granted`);
};

export default seed;
