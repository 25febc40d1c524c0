import { AtrizError } from './errors.ts';
import { sqlState } from './sql-state.ts';

export interface ConnectionPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT', // a Unix socket that is not there
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * Says why a connection could not be made: `SERVER_UNREACHABLE` with host and port, `AUTHENTICATION_FAILED` with the
 * user, `DATABASE_MISSING` with the name, `CONNECTION_FAILED` for the rest. Returns what it was given when that is an
 * `AtrizError` already. No message holds the password.
 */
export function toConnectionError(error: unknown, { host, port, user, database }: ConnectionPlace): AtrizError {
  if (error instanceof AtrizError) return error;
  const place = `${host}:${port}`;
  const details = { cause: error };
  switch (sqlState(error)) {
    case '3D000':
      return new AtrizError('DATABASE_MISSING', `database "${database}" does not exist on ${place}`, {
        ...details,
        hint: 'create it with: pnpm db:create',
      });
    case '28P01':
    case '28000':
      return new AtrizError('AUTHENTICATION_FAILED', `${place} does not let user "${user}" in: ${reason(error)}`, {
        ...details,
        hint: 'see which settings were used: pnpm check:env',
      });
    case '57P03':
      return new AtrizError('SERVER_UNREACHABLE', `${place} does not accept connections yet: ${reason(error)}`, {
        ...details,
        hint: 'try again in a moment',
      });
    default:
  }
  if (isUnreachable(error)) {
    return new AtrizError('SERVER_UNREACHABLE', `no PostgreSQL answers at ${place}: ${reason(error)}`, {
      ...details,
      hint: 'start the server, or see which settings were used: pnpm check:env',
    });
  }
  return new AtrizError('CONNECTION_FAILED', `cannot connect to "${database}" at ${place}: ${reason(error)}`, {
    ...details,
    hint: 'see which settings were used: pnpm check:env',
  });
}

function isUnreachable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnreachable);
  const { code, message } = error as NodeJS.ErrnoException;
  return UNREACHABLE.has(code ?? '') || /timeout expired|Connection terminated/i.test(message ?? '');
}

/** A host with two addresses fails with an AggregateError, whose own message is empty. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join(', ');
  return error instanceof Error ? error.message : String(error);
}
