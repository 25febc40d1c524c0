import type { AtrizError } from '@atriz/database';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPlantation, type Plantation } from '../test/plantation.ts';
import { refuseDestruction } from './guard.ts';
import { createLedger } from './ledger/identity.ts';

interface Case {
  readonly environment?: string;
  /** Whether the database has a ledger, and what that says of protection. */
  readonly ledger?: 'plain' | 'protected' | 'of another';
  readonly tables?: boolean;
  readonly allow?: string;
}

let plants: Plantation;
beforeAll(async () => {
  plants = await openPlantation();
});
afterAll(() => plants[Symbol.asyncDispose]());
beforeEach(() => plants.query('DROP SCHEMA IF EXISTS atriz, other CASCADE'));

const ALLOWED = 'allowed';
const PRODUCTION = 'DESTRUCTIVE_REFUSED refused to clean "DATABASE": NODE_ENV is "production"';
const PROTECTED = 'DESTRUCTIVE_REFUSED refused to clean "DATABASE": its identity says that it is protected';
const FOREIGN =
  'DESTRUCTIVE_REFUSED refused to clean "DATABASE": it holds tables, but no ledger says that it is plants';
const MISMATCH =
  'IDENTITY_MISMATCH "DATABASE" on SERVER, named by DATABASE_URL of the process, is animals of family plantation, ' +
  'not plants of family plantation';

test.each<[string, Case, string]>([
  ['a database of ours in development', { ledger: 'plain', tables: true }, ALLOWED],
  ['an empty database without a ledger', {}, ALLOWED],
  ['production', { ledger: 'plain', environment: 'production' }, PRODUCTION],
  ['production, even when it is empty', { environment: 'production' }, PRODUCTION],
  ['production, with another name allowed', { ledger: 'plain', environment: 'production', allow: 'trees' }, PRODUCTION],
  ['production, with its name allowed', { ledger: 'plain', environment: 'production', allow: 'plants' }, ALLOWED],
  ['a protected database', { ledger: 'protected' }, PROTECTED],
  ['a protected database, with its name allowed', { ledger: 'protected', allow: 'plants' }, ALLOWED],
  ['a protected database, with an empty name allowed', { ledger: 'protected', allow: '' }, PROTECTED],
  ['tables that no ledger speaks for', { tables: true }, FOREIGN],
  ['tables that no ledger speaks for, with its name allowed', { tables: true, allow: 'plants' }, ALLOWED],
  ['a database of another definition', { ledger: 'of another' }, MISMATCH],
  ['a database of another definition, with its name allowed', { ledger: 'of another', allow: 'plants' }, MISMATCH],
])('%s', async (_, { environment = 'development', ledger, tables = false, allow }, expected) => {
  const target = { ...plants.target, environment };
  if (ledger !== undefined) await createLedger(plants.client, target);
  if (ledger === 'plain') await plants.query('UPDATE atriz.identity SET protected = false');
  if (ledger === 'protected') await plants.query('UPDATE atriz.identity SET protected = true');
  if (ledger === 'of another') await plants.query(`UPDATE atriz.identity SET definition = 'animals'`);
  if (tables) await plants.query('CREATE SCHEMA other; CREATE TABLE other.thing ()');
  const answer = await refuseDestruction(plants.client, target, 'clean', { allowDestructive: allow }).then(
    () => ALLOWED,
    ({ code, message }: AtrizError) => `${code} ${message}`,
  );
  const { host, port, database } = target.parameters;
  expect(answer.replace(database, 'DATABASE').replace(`${host}:${port}`, 'SERVER')).toBe(expected);
});

test('the refusal names deed, database and the way to insist', async () => {
  const target = { ...plants.target, environment: 'production' };
  await expect(refuseDestruction(plants.client, target, 'drop', {})).rejects.toMatchObject({
    message: `refused to drop "${target.parameters.database}": NODE_ENV is "production"`,
    hint: 'if it must be, name it: ATRIZ_ALLOW_DESTRUCTIVE=plants',
  });
});

test('an instance in production is allowed by its own name, not by its definition’s', async () => {
  const target = { ...plants.target, environment: 'production', instance: 'acme' };
  await createLedger(plants.client, target);
  await expect(refuseDestruction(plants.client, target, 'drop', { allowDestructive: 'plants' })).rejects.toMatchObject({
    code: 'DESTRUCTIVE_REFUSED',
    hint: 'if it must be, name it: ATRIZ_ALLOW_DESTRUCTIVE=acme',
  });
  await expect(refuseDestruction(plants.client, target, 'drop', { allowDestructive: 'acme' })).resolves.toBeUndefined();
});
