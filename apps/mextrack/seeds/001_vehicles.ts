import { seedId, type SeedFunction } from '@atriz/database';

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
  for (const [index, { owner, plate, name }] of VEHICLES.entries()) {
    await client.query(
      `INSERT INTO vehicles (id, user_id, plate, name)
       VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [seedId(`vehicle:${index + 1}`), seedId(`user:${owner}`), plate, name],
    );
  }
  log(`${VEHICLES.length} vehicles`);
};

export default seed;
