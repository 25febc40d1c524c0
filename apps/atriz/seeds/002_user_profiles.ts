import { seedId, type SeedFunction } from '@atriz/database';

const PROFILES = [
  { email: 'admin@atriz.dev', handle: 'ada', name: 'Ada Admin', theme: 'dark', locale: 'en', timeZone: 'UTC' },
  {
    email: 'manager@atriz.dev',
    handle: 'mara',
    name: 'Mara Manager',
    theme: 'light',
    locale: 'pt-PT',
    timeZone: 'Europe/Lisbon',
  },
  {
    email: 'olivia@atriz.dev',
    handle: 'olivia',
    name: 'Olivia Ortega',
    theme: 'system',
    locale: 'es-MX',
    timeZone: 'America/Mexico_City',
  },
  {
    email: 'liam@atriz.dev',
    handle: 'liam',
    name: 'Liam Lindqvist',
    theme: 'system',
    locale: 'sv',
    timeZone: 'Europe/Stockholm',
  },
];

/** Profiles and preferences of some of the development users; the others show what having none looks like. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no profiles: they belong to development users, and this is production');
    return;
  }
  for (const { email, handle, name, theme, locale, timeZone } of PROFILES) {
    const userId = seedId(`user:${email}`);
    await client.query(
      `INSERT INTO user_profiles (user_id, handle, display_name)
       VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING`,
      [userId, handle, name],
    );
    await client.query(
      `INSERT INTO user_preferences (user_id, theme, locale, time_zone)
       VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [userId, theme, locale, timeZone],
    );
  }
  log(`${PROFILES.length} profiles with preferences`);
};

export default seed;
