import { expect, test } from 'vitest';
import { readPoolSettings } from './pool-settings.ts';

test('without variables, or with empty ones, a pool has at most ten connections and pg’s own defaults', () => {
  expect(readPoolSettings({})).toEqual({ max: 10 });
  expect(readPoolSettings({ DB_POOL_MIN: '', DB_POOL_MAX: '', DB_POOL_IDLE_TIMEOUT: '' })).toEqual({ max: 10 });
});

test('each variable sets its field', () => {
  expect(
    readPoolSettings({
      DB_POOL_MIN: '2',
      DB_POOL_MAX: '25',
      DB_POOL_IDLE_TIMEOUT: '30000',
      DB_POOL_ACQUIRE_TIMEOUT: '0',
    }),
  ).toEqual({ min: 2, max: 25, idleTimeoutMillis: 30_000, connectionTimeoutMillis: 0 });
});

test.each([
  ['DB_POOL_MAX', 'abc', 1],
  ['DB_POOL_MAX', '0', 1],
  ['DB_POOL_MAX', '-1', 1],
  ['DB_POOL_MAX', '1e3', 1],
  ['DB_POOL_MAX', ' 5', 1],
  ['DB_POOL_MIN', '1.5', 0],
  ['DB_POOL_IDLE_TIMEOUT', '10s', 0],
  ['DB_POOL_ACQUIRE_TIMEOUT', '2147483648', 0],
])('%s=%s is refused by its name and value', (variable, value, least) => {
  expect(() => readPoolSettings({ [variable]: value })).toThrow(
    expect.objectContaining({
      code: 'SETTING_INVALID',
      message: `${variable} is "${value}", not a whole number of at least ${least}`,
      hint: `set ${variable} to a number, or remove it to use the default`,
    }) as Error,
  );
});

test.each([
  [{ DB_POOL_MIN: '11' }, {}, 'DB_POOL_MIN is 11, above the maximum of 10'],
  [{ DB_POOL_MIN: '6', DB_POOL_MAX: '5' }, {}, 'DB_POOL_MIN is 6, above the maximum of 5'],
  [{ DB_POOL_MIN: '6' }, { max: 5 }, 'DB_POOL_MIN is 6, above the maximum of 5'],
])('a minimum above the maximum is refused: %o with options %o', (environment, options, message) => {
  expect(() => readPoolSettings(environment, options)).toThrow(
    expect.objectContaining({ code: 'SETTING_INVALID', message }) as Error,
  );
});

test('a minimum is held against the maximum that an option gives, not against the default', () => {
  expect(readPoolSettings({ DB_POOL_MIN: '20' }, { max: 30 })).toEqual({ max: 10, min: 20 });
});
