import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, UserPreferences, UserProfiles } from '../src/schema.ts';

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
  const profiles = PROFILES.map(({ email, handle, name }): Insertable<UserProfiles> => ({
    user_id: seedId(`user:${email}`),
    handle,
    display_name: name,
  }));
  const preferences = PROFILES.map(({ email, theme, locale, timeZone }): Insertable<UserPreferences> => ({
    user_id: seedId(`user:${email}`),
    theme,
    locale,
    time_zone: timeZone,
  }));
  const db = createKysely<DB>(client);
  await db
    .insertInto('user_profiles')
    .values(profiles)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .insertInto('user_preferences')
    .values(preferences)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  log(`${PROFILES.length} profiles with preferences`);
};

export default seed;
