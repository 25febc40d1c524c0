import { AtrizError } from '../errors.ts';
import { describeSetting } from './connection.ts';
import type { Environment, Setting } from './environment.ts';

/** A guard that a variable turns on or off. */
export interface SafetySwitch {
  readonly on: boolean;
  /** The setting that says so; `undefined` for the environment's own default: on in production, off elsewhere. */
  readonly setBy: Setting | undefined;
}

/** What the workspace forbids, whatever a command's options say. */
export interface Safety {
  /** `DISABLE_DB_RESET`: `clean`, `drop` and `reset` are refused. */
  readonly disableReset: SafetySwitch;
  /** `DISABLE_SEED_OVERRIDE`: a seed that ran is not run again. */
  readonly disableSeedOverride: SafetySwitch;
  /** `REQUIRE_MIGRATION_BACKUP`: nothing is migrated without a verified backup. */
  readonly requireMigrationBackup: SafetySwitch;
  /** `MIGRATION_BACKUP_MAX_AGE_HOURS`: how old that backup may be. Default 24. */
  readonly migrationBackupMaxAgeHours: number;
}

/** The variables, as env.example has them. */
export const SAFETY_SWITCHES = {
  disableReset: 'DISABLE_DB_RESET',
  disableSeedOverride: 'DISABLE_SEED_OVERRIDE',
  requireMigrationBackup: 'REQUIRE_MIGRATION_BACKUP',
} as const satisfies Partial<Record<keyof Safety, string>>;

export const BACKUP_AGE_VARIABLE = 'MIGRATION_BACKUP_MAX_AGE_HOURS';

const DEFAULT_MAX_AGE_HOURS = 24;
const SCOPES = ['process', 'root'] as const;
const ON = new Set(['true', '1', 'yes', 'on']);
const OFF = new Set(['false', '0', 'no', 'off']);

/**
 * Reads the safety switches, each from the process, then from the root's `.env`. What is not set is strict in production
 * and permissive elsewhere. Pure. Throws `SETTING_INVALID` for a value that is neither yes nor no, or no age.
 */
export function readSafety(variables: Environment): Safety {
  const environment = variables.find('NODE_ENV', ['process', 'package', 'root'])?.value;
  const readSwitch = (variable: string): SafetySwitch => {
    const setting = variables.find(variable, SCOPES);
    return setting ? { on: readBoolean(setting), setBy: setting } : byDefault(environment);
  };
  return {
    disableReset: readSwitch(SAFETY_SWITCHES.disableReset),
    disableSeedOverride: readSwitch(SAFETY_SWITCHES.disableSeedOverride),
    requireMigrationBackup: readSwitch(SAFETY_SWITCHES.requireMigrationBackup),
    migrationBackupMaxAgeHours: readAge(variables.find(BACKUP_AGE_VARIABLE, SCOPES)),
  };
}

/** What holds in an environment where nothing is set. */
export function defaultSafety(environment: string): Safety {
  const ownDefault = byDefault(environment);
  return {
    disableReset: ownDefault,
    disableSeedOverride: ownDefault,
    requireMigrationBackup: ownDefault,
    migrationBackupMaxAgeHours: DEFAULT_MAX_AGE_HOURS,
  };
}

function byDefault(environment: string | undefined): SafetySwitch {
  return { on: environment === 'production', setBy: undefined };
}

function readBoolean(setting: Setting): boolean {
  const value = setting.value.trim().toLowerCase();
  if (ON.has(value)) return true;
  if (OFF.has(value)) return false;
  throw new AtrizError('SETTING_INVALID', `${describeSetting(setting)} is "${setting.value}", neither true nor false`, {
    hint: `set ${setting.variable} to true or false, or remove it to use the default`,
  });
}

function readAge(setting: Setting | undefined): number {
  if (setting === undefined) return DEFAULT_MAX_AGE_HOURS;
  const hours = Number(setting.value);
  if (/^\d+(\.\d+)?$/.test(setting.value.trim()) && hours > 0) return hours;
  throw new AtrizError(
    'SETTING_INVALID',
    `${describeSetting(setting)} is "${setting.value}", not a number of hours above 0`,
    { hint: `set ${setting.variable} to a number such as 24, or remove it to use the default` },
  );
}
