import { AtrizError, type ErrorCode } from '@atriz/database';
import { describeSetting, type Environment, type Setting } from '@atriz/database/workspace';

const ON = new Set(['true', '1', 'yes', 'on']);
const OFF = new Set(['false', '0', 'no', 'off']);
const SCOPES = ['process', 'root'] as const;

/** Something that is wrong with the variables. */
export interface Fault {
  readonly code: Extract<ErrorCode, 'SETTING_INVALID' | 'BACKUP_NOT_CONFIGURED' | 'BACKUP_KEY_MISSING'>;
  readonly message: string;
  readonly hint: string;
}

/** Reads variables one by one and goes on after a fault, so that all of them can be told together. */
export interface VariableReader {
  find(variable: string): Setting | undefined;
  /** Undefined where the variable is not set, as it is for a value that is a fault. */
  flag(variable: string): boolean | undefined;
  /** A number written in digits, with a fraction where `whole` is false. */
  number(variable: string, options: { readonly least: number; readonly whole: boolean }): number | undefined;
  choice<Choice extends string>(variable: string, choices: readonly Choice[]): Choice | undefined;
  /** A URL of HTTP, without a user in it. */
  url(variable: string): string | undefined;
  /** A folder's path within a bucket, without slashes at its ends. */
  prefix(variable: string): string;
  /** Says that a variable's value is wrong. The value is not repeated where it `isSecret`. */
  refuse(setting: Setting, why: string, options: { readonly hint: string; readonly isSecret?: boolean }): void;
  fault(fault: Fault): void;
  /** Throws all faults as one error; the gravest code is its own: an invalid value, then what is missing. */
  finish(): void;
}

export function createVariableReader(environment: Environment): VariableReader {
  const faults: Fault[] = [];
  const find = (variable: string): Setting | undefined => environment.find(variable, SCOPES);
  const refuse: VariableReader['refuse'] = (setting, why, { hint, isSecret = false }) => {
    const value = isSecret ? '' : ` "${setting.value}",`;
    faults.push({ code: 'SETTING_INVALID', message: `${describeSetting(setting)} is${value} ${why}`, hint });
  };
  return {
    find,
    refuse,
    fault: (fault) => void faults.push(fault),
    flag(variable) {
      const setting = find(variable);
      if (setting === undefined) return undefined;
      const value = setting.value.trim().toLowerCase();
      if (ON.has(value)) return true;
      if (!OFF.has(value)) refuse(setting, 'neither true nor false', { hint: `set ${variable} to true or false` });
      return OFF.has(value) ? false : undefined;
    },
    number(variable, { least, whole }) {
      const setting = find(variable);
      if (setting === undefined) return undefined;
      const text = setting.value.trim();
      const value = Number(text);
      if ((whole ? /^\d{1,9}$/ : /^\d{1,9}(\.\d+)?$/).test(text) && value >= least) return value;
      const kind = whole ? `a whole number from ${least}` : `a number from ${least}`;
      refuse(setting, `not ${kind}`, { hint: `set ${variable} to ${kind}, or remove it to use the default` });
      return undefined;
    },
    choice(variable, choices) {
      const setting = find(variable);
      if (setting === undefined) return undefined;
      const choice = choices.find((each) => each === setting.value.trim().toLowerCase());
      if (choice === undefined) {
        refuse(setting, `none of ${choices.join(', ')}`, { hint: `set ${variable} to one of: ${choices.join(', ')}` });
      }
      return choice;
    },
    url(variable) {
      const setting = find(variable);
      if (setting === undefined) return undefined;
      const url = URL.parse(setting.value);
      const isHttp = url !== null && /^https?:$/.test(url.protocol);
      if (isHttp && url.username === '' && url.password === '') return setting.value;
      const hint = `set ${variable} to a URL such as https://storage.example.com, without a user or a password in it`;
      refuse(setting, 'not a URL of http or https', { hint, isSecret: isHttp }); // a user's password may be in it
      return undefined;
    },
    prefix(variable) {
      const setting = find(variable);
      const parts = (setting?.value ?? '').split('/').filter(Boolean);
      const isPlain = parts.every((part) => /^[\w.+=@-]+$/.test(part) && part !== '.' && part !== '..');
      if (setting && !isPlain) {
        const hint = `set ${variable} to a path such as production/backups, of letters, digits and . _ + = @ -`;
        refuse(setting, 'not a path within a bucket', { hint });
      }
      return parts.join('/');
    },
    finish() {
      const [first, ...others] = faults;
      if (first === undefined) return;
      const codes = ['SETTING_INVALID', 'BACKUP_NOT_CONFIGURED', 'BACKUP_KEY_MISSING'] as const;
      const code = codes.find((each) => faults.some((fault) => fault.code === each))!;
      if (others.length === 0) throw new AtrizError(code, first.message, { hint: first.hint });
      const lines = faults.map(({ message, hint }) => `  ${message}: ${hint}`);
      throw new AtrizError(code, `${faults.length} settings of backups are wrong:\n${lines.join('\n')}`, {
        hint: 'correct them all; docs/backup.md tells each of them',
      });
    },
  };
}
