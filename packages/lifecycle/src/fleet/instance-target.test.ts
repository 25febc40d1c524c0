import { defineDatabase, type Instance } from '@atriz/database';
import type { Environment, Setting } from '@atriz/database/workspace';
import { expect, test } from 'vitest';
import type { Target } from '../target.ts';
import { openInstance } from './instance-target.ts';

const environmentOf = (variables: Readonly<Record<string, string>>): Environment => ({
  find(variable): Setting | undefined {
    const value = variables[variable];
    return value === undefined ? undefined : { variable, value, from: 'packages/tenants/.env' };
  },
});

const home: Target = {
  database: { ...defineDatabase({ name: 'tenant_db' }), owner: '@x/tenants', directory: '/x', dependsOn: [] },
  family: 'x',
  provider: 'embedded',
  environment: 'development',
  parameters: { host: 'db', port: 5432, user: 'ann', password: 'secret', database: 'tenant_db', ssl: true },
  settings: [],
  safety: {} as Target['safety'],
};

const open = (instance: Instance, variables: Readonly<Record<string, string>> = {}): Target =>
  openInstance(home, instance, environmentOf(variables));

test('an instance is on its definition’s server, in a database of its own name', () => {
  expect(open({ name: 'acme' })).toEqual({
    ...home,
    instance: 'acme',
    parameters: { ...home.parameters, database: 'acme' },
  });
});

test('database, host and port are its own where it says so; account and TLS stay', () => {
  expect(open({ name: 'eu', database: 'orders', host: 'eu.db', port: 5433 }).parameters).toEqual({
    ...home.parameters,
    database: 'orders',
    host: 'eu.db',
    port: 5433,
  });
});

test('a variable says all of it', () => {
  const { instance, provider, parameters, settings } = open(
    { name: 'big', urlVariable: 'BIG_URL' },
    { BIG_URL: 'postgresql://bob:other@big.db:6543/big?sslmode=disable' },
  );
  expect({ instance, provider, parameters }).toEqual({
    instance: 'big',
    provider: 'postgresql',
    parameters: { host: 'big.db', port: 6543, user: 'bob', password: 'other', database: 'big', ssl: false },
  });
  expect(settings).toMatchObject([{ variable: 'BIG_URL' }]);
});

test('a variable that is not set, or holds no connection string, is told by its name', () => {
  expect(() => open({ name: 'big', urlVariable: 'BIG_URL' })).toThrow(
    expect.objectContaining({
      code: 'CONNECTION_NOT_CONFIGURED',
      message: 'nothing says where "big" is: BIG_URL is not set',
    }),
  );
  expect(() => open({ name: 'big', urlVariable: 'BIG_URL' }, { BIG_URL: 'big:secret' })).toThrow(
    expect.objectContaining({
      code: 'CONNECTION_STRING_INVALID',
      message: expect.stringMatching(/^BIG_URL of packages\/tenants\/\.env (?!.*secret)/),
    }),
  );
});
