import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseKey, type BackupKey } from '../keys/key.ts';
import { hideSecrets } from '../secrets.ts';
import type { StoreSettings } from '../stores/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { readPgbackrest, type PgbackrestSettings } from './pgbackrest-settings.ts';
import { readSchedule, type ScheduleSettings } from './schedule-settings.ts';
import { readStoreSettings } from './store-settings.ts';
import { createVariableReader, type VariableReader } from './variable-reader.ts';

/** How streams are compressed before they are encrypted. */
export type Compression = { readonly method: 'zstd'; readonly level: number } | { readonly method: 'none' };

/** What is kept, in days, in sets, and in one set a day, a week, a month, a year. What is absent asks for nothing. */
export interface RetentionSettings {
  readonly days?: number;
  readonly count?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
}

/** All that the variables say of backups. */
export interface BackupSettings {
  /** At least one. */
  readonly stores: readonly StoreSettings[];
  readonly compression: Compression;
  /** `BACKUP_ENCRYPTION_KEY`. */
  readonly key: BackupKey | undefined;
  /** Whether new sets are encrypted; never without a key. */
  readonly encryption: boolean;
  /** `BACKUP_SIGNING_KEY`, for who encrypts to a recipient only, or not at all. Not enumerable. */
  readonly signingKey: string | undefined;
  readonly engine: 'auto' | 'logical' | 'physical';
  /** How many streams at once. */
  readonly jobs: number;
  /** The absolute path of the directory of PostgreSQL's programs; undefined to look where they usually are. */
  readonly programs: string | undefined;
  readonly retention: RetentionSettings;
  readonly schedule: ScheduleSettings | undefined;
  readonly limits: { readonly maxAgeHours: number; readonly rtoMinutes: number; readonly rpoMinutes: number };
  /** `AUTO_BACKUP_BEFORE_MIGRATION`. */
  readonly beforeMigration: boolean;
  /** Recovery to a point in time, where `BACKUP_PGBACKREST_CONFIG` names a configuration for it. */
  readonly pgbackrest: PgbackrestSettings | undefined;
}

/** Dumps are text of few letters: level 3 takes twice the time and leaves them no smaller (docs/decisions/0026). */
const DEFAULT_LEVEL = 1;
const MAX_LEVEL = 19; // above, zstd needs more memory than a backup should
const DEFAULT_JOBS = 4;
const DEFAULT_RETENTION: RetentionSettings = { days: 30 };
const MIN_SIGNING_KEY_LENGTH = 32;

/**
 * Reads the variables, each from the process, then from the root's `.env`. Pure: asks no store and reads no file.
 *
 * Throws all that is wrong as one error: `SETTING_INVALID` where a value cannot be used, else `BACKUP_NOT_CONFIGURED`
 * where something is missing (in production, a store), else `BACKUP_KEY_MISSING`: encryption was asked for without a key,
 * or production has no key and nobody said `BACKUP_ENCRYPTION=false`.
 */
export function readBackupSettings({
  environment,
  family,
}: Pick<BackupWorkspace, 'environment' | 'family'>): BackupSettings {
  const reader = createVariableReader(environment);
  const production = reader.find('NODE_ENV')?.value === 'production';
  const key = readKey(reader);
  const programs = reader.find('PG_BIN_DIR')?.value;
  const hours = (variable: string, fallback: number): number =>
    reader.number(variable, { least: 0.01, whole: false }) ?? fallback;
  const settings: Omit<BackupSettings, 'pgbackrest'> = {
    stores: readStoreSettings(reader, family.root, production),
    compression: readCompression(reader),
    key,
    encryption: readEncryption(reader, key, production),
    signingKey: readSigningKey(reader),
    engine: reader.choice('BACKUP_ENGINE', ['auto', 'logical', 'physical']) ?? 'auto',
    jobs: reader.number('BACKUP_JOBS', { least: 1, whole: true }) ?? Math.min(availableParallelism(), DEFAULT_JOBS),
    programs: programs === undefined ? undefined : resolve(family.root, programs),
    retention: readRetention(reader),
    schedule: readSchedule(reader),
    limits: {
      maxAgeHours: hours('BACKUP_MAX_AGE_HOURS', 24),
      rtoMinutes: hours('BACKUP_RTO_MINUTES', 15),
      rpoMinutes: hours('BACKUP_RPO_MINUTES', 5),
    },
    beforeMigration: reader.flag('AUTO_BACKUP_BEFORE_MIGRATION') ?? false,
  };
  const pgbackrest = readPgbackrest(reader, { ...settings, family });
  reader.finish();
  return hideSecrets({ ...settings, pgbackrest }, 'signingKey');
}

function readCompression(reader: VariableReader): Compression {
  const setting = reader.find('BACKUP_COMPRESSION');
  const standard: Compression = { method: 'zstd', level: DEFAULT_LEVEL };
  if (setting === undefined) return standard;
  const value = setting.value.trim().toLowerCase();
  if (/^(none|false|0|no|off)$/.test(value)) return { method: 'none' };
  const [, level] = /^(?:zstd|true|yes|on)(?::(\d{1,2}))?$/.exec(value) ?? [undefined, '99'];
  if (level === undefined) return standard;
  if (Number(level) >= 1 && Number(level) <= MAX_LEVEL) return { method: 'zstd', level: Number(level) };
  const hint = `set BACKUP_COMPRESSION to zstd, to zstd:1 … zstd:${MAX_LEVEL}, or to none`;
  reader.refuse(setting, 'no compression that is known', { hint });
  return standard;
}

function readKey(reader: VariableReader): BackupKey | undefined {
  const setting = reader.find('BACKUP_ENCRYPTION_KEY');
  if (setting === undefined) return undefined;
  const parsed = parseKey(setting.value);
  if ('key' in parsed) return parsed.key;
  reader.refuse(setting, parsed.problem, { hint: parsed.hint, isSecret: true });
  return undefined;
}

function readEncryption(reader: VariableReader, key: BackupKey | undefined, production: boolean): boolean {
  const wanted = reader.flag('BACKUP_ENCRYPTION');
  const hasKey = reader.find('BACKUP_ENCRYPTION_KEY') !== undefined;
  if (wanted === true && !hasKey) {
    reader.fault({
      code: 'BACKUP_KEY_MISSING',
      message: 'BACKUP_ENCRYPTION is on and there is no key',
      hint: 'set BACKUP_ENCRYPTION_KEY to a long passphrase, or to an age identity or recipient',
    });
  }
  if (wanted === undefined && !hasKey && production) {
    reader.fault({
      code: 'BACKUP_KEY_MISSING',
      message: 'there is no key for the backups of production',
      hint: 'set BACKUP_ENCRYPTION_KEY, or say BACKUP_ENCRYPTION=false',
    });
  }
  return wanted !== false && key !== undefined;
}

function readSigningKey(reader: VariableReader): string | undefined {
  const setting = reader.find('BACKUP_SIGNING_KEY');
  if (setting !== undefined && setting.value.length < MIN_SIGNING_KEY_LENGTH) {
    const hint = 'set BACKUP_SIGNING_KEY to what `openssl rand -hex 32` prints';
    reader.refuse(setting, `shorter than ${MIN_SIGNING_KEY_LENGTH} characters`, { hint, isSecret: true });
  }
  return setting?.value;
}

function readRetention(reader: VariableReader): RetentionSettings {
  const given = (['days', 'count', 'daily', 'weekly', 'monthly', 'yearly'] as const).flatMap((rule) => {
    const value = reader.number(`BACKUP_RETENTION_${rule.toUpperCase()}`, { least: 1, whole: true });
    return value === undefined ? [] : [[rule, value] as const];
  });
  return given.length === 0 ? DEFAULT_RETENTION : Object.fromEntries(given);
}
