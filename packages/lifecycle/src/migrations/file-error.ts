import { AtrizError } from '@atriz/database';

/** What a `MIGRATION_INVALID` of a file carries as its cause, for those who tell of many files. */
export interface FileFault {
  /** Absent where it is the file's name that is at fault. */
  readonly line?: number;
  /** The message without its place. */
  readonly fact: string;
}

/** `MIGRATION_INVALID`, with the file and the line. */
export function fileError(path: string, fault: FileFault, hint: string): AtrizError {
  const place = fault.line === undefined ? path : `${path}:${fault.line}`;
  return new AtrizError('MIGRATION_INVALID', `${place}: ${fault.fact}`, { hint, cause: fault });
}
