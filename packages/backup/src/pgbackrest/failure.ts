import { AtrizError, type ErrorCode } from '@atriz/database';

/** How a run of pgBackRest ended that did not end well. */
export interface FailedRun {
  /** `backup`, `restore` and so on. */
  readonly command: string;
  readonly exitCode: number;
  /** What it wrote to standard error. */
  readonly said: string;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly hint: string;
}

/** pgBackRest's exit codes, which are its errors' numbers, where more is known of them than its words say. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  28: {
    code: 'BACKUP_FOREIGN',
    hint: 'the stanza was made for another cluster: give this one a stanza of its own, with BACKUP_PGBACKREST_STANZA',
  },
  38: { code: 'RESTORE_BLOCKED', hint: 'stop the server first' },
  40: { code: 'RESTORE_BLOCKED', hint: 'name a directory that is empty or not there yet' },
  44: {
    code: 'BACKUP_FOREIGN',
    hint: 'the stanza was made for another cluster: give this one a stanza of its own, with BACKUP_PGBACKREST_STANZA',
  },
  46: { code: 'BACKUP_VERSION', hint: 'install a pgBackRest that knows this version of PostgreSQL' },
  50: { code: 'CLIENT_TOOL_FAILED', hint: 'another pgBackRest works on this stanza: wait until it has ended' },
  51: {
    code: 'BACKUP_FOREIGN',
    hint: 'the stanza was made for another cluster: give this one a stanza of its own, with BACKUP_PGBACKREST_STANZA',
  },
  56: { code: 'SERVER_UNREACHABLE', hint: 'see whether the server runs, and that it is no standby' },
  68: { code: 'BACKUP_NOT_CONFIGURED', hint: 'set it: atriz backup pgbackrest init' },
  75: { code: 'BACKUP_UNKNOWN', hint: 'see which there are: atriz backup pgbackrest info' },
  82: { code: 'CLIENT_TOOL_FAILED', hint: 'see why archive_command fails, in the server’s log' },
  87: { code: 'BACKUP_NOT_CONFIGURED', hint: 'restart the server: archive_mode takes effect then' },
  95: { code: 'BACKUP_KEY_WRONG', hint: 'use the configuration that the repository was made with' },
};

const NO_SPACE = /\[28\]/; // the system's number for it, which pgBackRest adds to its words

/** What a failed run is to its caller, with pgBackRest's own words. Pure. */
export function failureOf({ command, exitCode, said }: FailedRun): AtrizError {
  const words = errorOf(said);
  const message = `pgbackrest ${command} failed: ${words || `it ended with code ${exitCode} and said nothing`}`;
  if (NO_SPACE.test(words)) {
    return new AtrizError('DISK_FULL', message, { hint: 'make room on that disk, then run the command again' });
  }
  const { code, hint } = MEANINGS[exitCode] ?? { code: 'CLIENT_TOOL_FAILED', hint: 'correct what it says' };
  return new AtrizError(code, message, { hint });
}

/** From the first error on, in one line. */
function errorOf(said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  const start = lines.findIndex((line) => line.startsWith('ERROR:'));
  const shown = start === -1 ? lines : lines.slice(start).map((line) => line.replace(/^ERROR:\s*(\[\d+\]:\s*)?/, ''));
  return shown
    .filter((line) => !/^(INFO|DETAIL|WARN):/.test(line))
    .map((line) => line.replaceAll(/[^\x20-\x7E\u00A0-\uFFFF]/g, '?'))
    .filter(Boolean)
    .join('; ')
    .slice(0, MOST_WORDS);
}

const MOST_WORDS = 1000;
