import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPlantation, type Plantation } from '../../test/plantation.ts';
import { planConcurrency, readRoom } from './concurrency.ts';

let plants: Plantation;
beforeAll(async () => {
  plants = await openPlantation();
});
afterAll(() => plants[Symbol.asyncDispose]());

test.each([
  [{ count: 1000, room: 97 }, 8],
  [{ count: 1000, room: undefined }, 8],
  [{ count: 3, room: 97 }, 3],
  [{ count: 1000, room: 6 }, 3],
  [{ count: 1000, room: 0 }, 1],
  [{ count: 1000, room: -4 }, 1],
  [{ requested: 64, count: 1000, room: 97 }, 48],
  [{ requested: 64, count: 1000, room: undefined }, 64],
  [{ requested: 2, count: 1000, room: 97 }, 2],
])('of %o follow %i at once', (given, expected) => {
  expect(planConcurrency(given)).toBe(expected);
});

test('the server tells how many connections it has left', async () => {
  const [limit] = await plants.list(`SELECT current_setting('max_connections')::int`);
  const room = await readRoom(plants.target, {});

  expect(room).toBeGreaterThan(0);
  expect(room).toBeLessThan(limit as number);
});

test('a server that does not tell sets no limit', async () => {
  const parameters = { ...plants.target.parameters, password: 'wrong', user: 'nobody_of_this_name' };

  await expect(readRoom({ ...plants.target, parameters }, {})).resolves.toBeUndefined();
});
