import type { AtrizError } from '@atriz/database';
import { defaultSafety } from '@atriz/database/workspace';
import { expect, test } from 'vitest';
import type { Target } from '../target.ts';
import { planIdentity, type IdentityChange, type IdentitySituation } from './identity-change.ts';
import { compareIdentity, type Identity } from './identity.ts';

const TARGET: Target = {
  database: {
    name: 'plants',
    owner: '@garden/plants',
    directory: '/garden/plants',
    dependsOn: [],
    urlVariable: 'DATABASE_URL',
    directUrlVariable: undefined,
    migrationsDirectory: 'migrations',
    seedsDirectory: 'seeds',
    migrationsTable: 'pgmigrations',
  } as unknown as Target['database'],
  family: 'garden',
  provider: 'postgresql',
  environment: 'development',
  safety: defaultSafety('development'),
  parameters: { host: 'h', port: 1, user: 'u', password: undefined, database: 'plants', ssl: false },
  settings: [{ variable: 'DATABASE_URL', value: '', from: '.env' }],
};
const OURS: Identity = {
  family: 'garden',
  definition: 'plants',
  environment: 'development',
  protected: false,
  since: new Date(0),
};
const CLONE = { ...OURS, environment: 'production', protected: true };
const THEIRS = { ...OURS, definition: 'animals' };

interface Case extends Partial<IdentitySituation> {
  readonly change: IdentityChange;
  /** What `NODE_ENV` says. */
  readonly here?: string;
}

const LEAVE = { environment: 'development', protected: false };

test.each<[string, Case, string]>([
  ['nothing', { change: {} }, 'ARGUMENT_INVALID'],
  ['an empty name', { change: { environment: '' } }, 'ARGUMENT_INVALID'],
  ['a name with a blank', { change: { environment: 'pro duction' } }, 'ARGUMENT_INVALID'],
  ['another environment', { change: { environment: 'staging' } }, 'garden/plants staging'],
  ['protection', { change: { protected: true } }, 'garden/plants development protected'],
  ['production protects', { change: { environment: 'production' } }, 'garden/plants production protected'],
  [
    'production, in so many words unprotected',
    { change: { environment: 'production', protected: false } },
    'garden/plants production',
  ],
  [
    'production again leaves what it was',
    { change: { environment: 'production' }, current: { ...CLONE, protected: false } },
    'garden/plants production',
  ],
  ['a clone, not named', { change: LEAVE, current: CLONE }, 'DESTRUCTIVE_REFUSED'],
  ['a clone, named', { change: LEAVE, current: CLONE, allowDestructive: 'plants' }, 'garden/plants development'],
  ['a clone, another named', { change: LEAVE, current: CLONE, allowDestructive: 'animals' }, 'DESTRUCTIVE_REFUSED'],
  [
    'a clone whose environment alone is set stays protected',
    { change: { environment: 'development' }, current: CLONE, allowDestructive: 'plants' },
    'garden/plants development protected',
  ],
  [
    'an unprotected database out of production, not named',
    { change: { environment: 'test' }, current: { ...CLONE, protected: false } },
    'DESTRUCTIVE_REFUSED',
  ],
  [
    'protection taken away in development, not named',
    { change: { protected: false }, current: { ...OURS, protected: true } },
    'DESTRUCTIVE_REFUSED',
  ],
  ['another’s', { change: { environment: 'test' }, current: THEIRS }, 'IDENTITY_MISMATCH'],
  ['another’s, adopted', { change: { adopt: true }, current: THEIRS }, 'garden/plants development'],
  [
    'another’s, protected, adopted, not named',
    { change: { adopt: true }, current: { ...THEIRS, protected: true } },
    'DESTRUCTIVE_REFUSED',
  ],
  [
    'another’s, protected, adopted, named',
    { change: { adopt: true }, current: { ...THEIRS, protected: true }, allowDestructive: 'plants' },
    'garden/plants development protected',
  ],
  [
    'another’s, adopted in production, not named',
    { change: { adopt: true }, current: THEIRS, here: 'production' },
    'DESTRUCTIVE_REFUSED',
  ],
  ['no ledger, empty', { change: { protected: true }, current: undefined }, 'garden/plants development protected'],
  [
    'no ledger, empty, in production',
    { change: { adopt: true }, current: undefined, here: 'production' },
    'garden/plants production protected',
  ],
  [
    'no ledger, with tables',
    { change: { protected: true }, current: undefined, holdsTables: true },
    'IDENTITY_MISMATCH',
  ],
  [
    'no ledger, with tables, adopted',
    { change: { adopt: true }, current: undefined, holdsTables: true },
    'garden/plants development',
  ],
])('%s', (_, { change, here = 'development', ...situation }, expected) => {
  const plan = (): string => {
    const {
      family,
      definition,
      environment,
      protected: isProtected,
    } = planIdentity({ ...TARGET, environment: here }, change, {
      current: OURS,
      holdsTables: false,
      allowDestructive: undefined,
      ...situation,
    });
    return `${family}/${definition} ${environment}${isProtected ? ' protected' : ''}`;
  };
  let answer;
  try {
    answer = plan();
  } catch (error) {
    answer = (error as AtrizError).code;
  }
  expect(answer).toBe(expected);
});

test.each([
  ['development', 'development', true],
  ['development', 'test', true],
  ['staging', 'development', true],
  ['test', 'staging', true],
  ['production', 'production', true],
  ['production', 'development', false],
  ['production', 'staging', false],
  ['development', 'production', false],
])('a database of %s where NODE_ENV says %s: %s', (environment, here, agrees) => {
  const mismatch = compareIdentity({ ...OURS, environment }, { ...TARGET, environment: here });
  expect(mismatch?.code).toBe(agrees ? undefined : 'IDENTITY_MISMATCH');
});

test('the message names place and environments, the hint the whole command', () => {
  expect(compareIdentity(CLONE, TARGET)).toMatchObject({
    message:
      '"plants" on h:1, named by DATABASE_URL of .env, is a database of environment production, and here NODE_ENV says development',
    hint:
      'for production itself set NODE_ENV=production; if this is a copy of it: ' +
      'ATRIZ_ALLOW_DESTRUCTIVE=plants pnpm exec atriz identity set --database plants --environment development',
  });
  expect(compareIdentity(OURS, { ...TARGET, environment: 'production' })?.hint).toBe(
    'correct the connection; if this database shall be production’s: pnpm exec atriz identity set --database plants --environment production'.replace(
      '’',
      "'",
    ),
  );
});
