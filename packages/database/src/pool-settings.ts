import { AtrizError } from './errors.ts';

/** The pool settings that an environment can give; all but `max` are absent where their variable is. */
export interface PoolSettings {
  readonly min?: number;
  /** Default 10. */
  readonly max: number;
  /** Milliseconds until an idle connection above `min` is closed; 0 keeps it for ever. */
  readonly idleTimeoutMillis?: number;
  /** Milliseconds a caller waits for a connection; 0 waits for ever. */
  readonly connectionTimeoutMillis?: number;
}

const DEFAULT_MAX = 10;

const VARIABLES = [
  { variable: 'DB_POOL_MIN', field: 'min', least: 0 },
  { variable: 'DB_POOL_MAX', field: 'max', least: 1 },
  { variable: 'DB_POOL_IDLE_TIMEOUT', field: 'idleTimeoutMillis', least: 0 },
  { variable: 'DB_POOL_ACQUIRE_TIMEOUT', field: 'connectionTimeoutMillis', least: 0 },
] as const;

/**
 * Reads `DB_POOL_MIN`, `DB_POOL_MAX`, `DB_POOL_IDLE_TIMEOUT` and `DB_POOL_ACQUIRE_TIMEOUT` (milliseconds).
 * An empty variable counts as absent. Throws `SETTING_INVALID` for anything but a whole number in range, and for a
 * minimum above the maximum: that of `options` where it gives one, else that of the environment.
 */
export function readPoolSettings(
  environment: Readonly<Record<string, string | undefined>>,
  options: Partial<Pick<PoolSettings, 'min' | 'max'>> = {},
): PoolSettings {
  const settings: { -readonly [Key in keyof PoolSettings]?: PoolSettings[Key] } = {};
  for (const { variable, field, least } of VARIABLES) {
    const text = environment[variable];
    if (text === undefined || text === '') continue;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > 2_147_483_647) {
      throw new AtrizError('SETTING_INVALID', `${variable} is "${text}", not a whole number of at least ${least}`, {
        hint: `set ${variable} to a number, or remove it to use the default`,
      });
    }
    settings[field] = value;
  }
  const max = options.max ?? settings.max ?? DEFAULT_MAX;
  if (options.min === undefined && settings.min !== undefined && settings.min > max) {
    throw new AtrizError('SETTING_INVALID', `DB_POOL_MIN is ${settings.min}, above the maximum of ${max}`, {
      hint: 'raise the maximum (DB_POOL_MAX) or lower DB_POOL_MIN',
    });
  }
  return { max: DEFAULT_MAX, ...settings };
}
