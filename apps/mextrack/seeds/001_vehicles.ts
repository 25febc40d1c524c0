import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, Vehicles } from '../src/schema.ts';

/** The n-th vehicle has the key `seedId('vehicle:<n>')`, counted from 1; the seed of positions relies on it. */
const VEHICLES = [
  { owner: 'manager@atriz.dev', plate: 'AT-01-MX', name: 'Van 1' },
  { owner: 'manager@atriz.dev', plate: 'AT-02-MX', name: 'Van 2' },
  { owner: 'manager@atriz.dev', plate: 'AT-03-MX', name: 'Van 3' },
  { owner: 'manager@atriz.dev', plate: 'AT-04-MX', name: 'Lorry' },
  { owner: 'olivia@atriz.dev', plate: 'OO-10-MX', name: 'Delivery bike' },
  { owner: 'olivia@atriz.dev', plate: 'OO-11-MX', name: 'Pick-up' },
  { owner: 'liam@atriz.dev', plate: 'LL 200', name: 'Taxi' },
  { owner: 'liam@atriz.dev', plate: 'LL 201', name: 'Night taxi' },
  { owner: 'noor@atriz.dev', plate: 'NN-77-MX', name: 'School bus' },
  { owner: 'kenji@atriz.dev', plate: 'KK-88-MX', name: 'Camper' },
];

/** A small fleet, owned by development users of atriz_shared. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no vehicles: their owners are development users, and this is production');
    return;
  }
  const vehicles = VEHICLES.map(({ owner, plate, name }, index): Insertable<Vehicles> => ({
    id: seedId(`vehicle:${index + 1}`),
    user_id: seedId(`user:${owner}`),
    plate,
    name,
  }));
  const db = createKysely<DB>(client);
  await db
    .insertInto('vehicles')
    .values(vehicles)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  log(`${VEHICLES.length} vehicles`);
};

export default seed;
