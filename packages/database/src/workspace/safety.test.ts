import { expect, test } from 'vitest';
import { AtrizError } from '../errors.ts';
import type { Environment, Scope } from './environment.ts';
import { defaultSafety, readSafety, type Safety } from './safety.ts';

/** Variables by scope, as `readEnvironment` gives them. */
function variables(values: Partial<Record<Scope, Readonly<Record<string, string>>>>): Environment {
  return {
    find(variable, scopes) {
      for (const scope of scopes) {
        const value = values[scope]?.[variable];
        if (value) return { variable, value, from: scope === 'process' ? 'the process' : `${scope} .env` };
      }
      return undefined;
    },
  };
}

const states = ({ disableReset, disableSeedOverride, requireMigrationBackup }: Safety): boolean[] =>
  [disableReset, disableSeedOverride, requireMigrationBackup].map(({ on }) => on);

test('with nothing set it is strict in production and permissive elsewhere', () => {
  expect(states(readSafety(variables({})))).toEqual([false, false, false]);
  expect(states(readSafety(variables({ process: { NODE_ENV: 'staging' } })))).toEqual([false, false, false]);
  expect(states(readSafety(variables({ process: { NODE_ENV: 'production' } })))).toEqual([true, true, true]);
  expect(states(readSafety(variables({ package: { NODE_ENV: 'production' } })))).toEqual([true, true, true]);
  expect(readSafety(variables({ process: { NODE_ENV: 'production' } }))).toEqual(defaultSafety('production'));
  expect(readSafety(variables({}))).toEqual(defaultSafety('development'));
  expect(defaultSafety('test').migrationBackupMaxAgeHours).toBe(24);
});

test('a variable of the process beats the root’s .env, and a package’s own .env does not count', () => {
  const safety = readSafety(
    variables({
      process: { DISABLE_DB_RESET: 'false' },
      package: { REQUIRE_MIGRATION_BACKUP: 'true' },
      root: { DISABLE_DB_RESET: 'true', DISABLE_SEED_OVERRIDE: 'true', MIGRATION_BACKUP_MAX_AGE_HOURS: '0.5' },
    }),
  );
  expect(safety).toEqual({
    disableReset: { on: false, setBy: { variable: 'DISABLE_DB_RESET', value: 'false', from: 'the process' } },
    disableSeedOverride: { on: true, setBy: { variable: 'DISABLE_SEED_OVERRIDE', value: 'true', from: 'root .env' } },
    requireMigrationBackup: { on: false, setBy: undefined },
    migrationBackupMaxAgeHours: 0.5,
  });
});

test.each(['true', 'TRUE', '1', 'yes', 'on', ' true '])('%j is on', (value) => {
  expect(readSafety(variables({ root: { DISABLE_DB_RESET: value } })).disableReset.on).toBe(true);
});

test.each(['false', 'False', '0', 'no', 'off'])('%j is off, in production too', (value) => {
  const process = { NODE_ENV: 'production', DISABLE_DB_RESET: value };
  expect(readSafety(variables({ process })).disableReset.on).toBe(false);
});

test.each([
  ['DISABLE_DB_RESET', 'maybe', 'neither true nor false'],
  ['DISABLE_SEED_OVERRIDE', '2', 'neither true nor false'],
  ['REQUIRE_MIGRATION_BACKUP', 'ture', 'neither true nor false'],
  ['MIGRATION_BACKUP_MAX_AGE_HOURS', '0', 'not a number of hours above 0'],
  ['MIGRATION_BACKUP_MAX_AGE_HOURS', '-1', 'not a number of hours above 0'],
  ['MIGRATION_BACKUP_MAX_AGE_HOURS', '1e3', 'not a number of hours above 0'],
  ['MIGRATION_BACKUP_MAX_AGE_HOURS', '24h', 'not a number of hours above 0'],
])('%s=%s is SETTING_INVALID, with its file', (variable, value, reason) => {
  const read = (): Safety => readSafety(variables({ root: { [variable]: value } }));
  expect(read).toThrow(AtrizError);
  expect(read).toThrow(`${variable} of root .env is "${value}", ${reason}`);
});
