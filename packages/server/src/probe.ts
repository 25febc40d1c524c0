import { AtrizError } from '@atriz/database';
import { Client, DatabaseError } from 'pg';
import { HOST, SUPERUSER } from './embedded-server.ts';

const CANNOT_CONNECT_NOW = '57P03';
const INVALID_AUTHORIZATION = '28';

interface Address {
  readonly port: number;
  readonly password: string;
  readonly waitMs?: number;
}

/**
 * Asks a server for a session, and answers whether it serves. One that refuses this session for a reason of its
 * own, such as too many connections or a missing database `postgres`, serves all the same.
 *
 * @throws AtrizError `AUTHENTICATION_FAILED` when it does not accept the password it was made with.
 */
export async function answers({ port, password, waitMs = 5_000 }: Address): Promise<boolean> {
  const client = new Client({
    host: HOST,
    port,
    user: SUPERUSER,
    password,
    database: 'postgres',
    ssl: false,
    application_name: 'atriz',
    connectionTimeoutMillis: waitMs,
  });
  // A connection that breaks after it was made is the same answer; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError)) return false;
    if (error.code?.startsWith(INVALID_AUTHORIZATION)) throw passwordRefused(port, error);
    return error.code !== CANNOT_CONNECT_NOW;
  }
}

function passwordRefused(port: number, cause: Error): AtrizError {
  return new AtrizError(
    'AUTHENTICATION_FAILED',
    `the embedded server on port ${port} refuses user ${SUPERUSER} with the password it was made with`,
    {
      hint: `give the role ${SUPERUSER} the password in .atriz/server.json again, and LOGIN`,
      cause,
    },
  );
}
