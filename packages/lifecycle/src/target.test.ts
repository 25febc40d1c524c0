import { defaultSafety } from '@atriz/database/workspace';
import { expect, test, vi } from 'vitest';
import { openPlantation } from '../test/plantation.ts';
import { openTarget } from './target.ts';

const SERVER = {
  host: '127.0.0.1',
  port: 1234,
  user: 'atriz',
  password: 'pw',
  dataDirectory: '/',
};

test('a named server is used as it stands, and the embedded one is not started for it', async () => {
  await using plants = await openPlantation({ definition: { directUrlVariable: 'DIRECT_DATABASE_URL' } });
  const startEmbedded = vi.fn();
  const variables = { DATABASE_URL: 'postgresql://u@pooler/p', DIRECT_DATABASE_URL: 'postgresql://u@direct/d' };
  const { database } = plants.target;
  await expect(
    openTarget(database, { family: 'plantation', root: plants.directory, variables, startEmbedded }),
  ).resolves.toEqual({
    database,
    family: 'plantation',
    provider: 'postgresql',
    environment: 'development',
    safety: defaultSafety('development'),
    parameters: { host: 'direct', port: 5432, user: 'u', password: undefined, database: 'd', ssl: undefined },
    settings: [{ variable: 'DIRECT_DATABASE_URL', value: 'postgresql://u@direct/d', from: 'the process' }],
  });
  expect(startEmbedded).not.toHaveBeenCalled();
});

test('the embedded server is asked for when the database is on it', async () => {
  await using plants = await openPlantation();
  const target = await openTarget(plants.target.database, {
    family: 'plantation',
    root: plants.directory,
    variables: {},
    startEmbedded: async () => SERVER,
  });
  expect(target).toMatchObject({
    provider: 'embedded',
    parameters: { host: '127.0.0.1', port: 1234, user: 'atriz', password: 'pw', database: 'plants', ssl: false },
    settings: [],
  });
});
