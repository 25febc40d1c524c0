import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { AtrizError, sqlState, toConnectionError } from '@atriz/database';
import type { ConnectionParameters } from '@atriz/database/workspace';
import type { Context } from '@atriz/lifecycle';
import pg from 'pg';

const CONNECT_TIMEOUT_MS = 10_000;
const NOT_IN_HBA = '28000';
const DATA_CORRUPTED = 'XX001';
const CONFIGURATION_LIMIT = '53400';

/** The connection has nothing to say while the log is read and databases are described. */
const SETTINGS = '-c idle_session_timeout=0 -c statement_timeout=0 -c tcp_keepalives_idle=60';

/** A connection that speaks the replication protocol. */
export interface Replication {
  readonly client: pg.Client;
  /** Rejects when `context.signal` aborts, never resolves otherwise: to be raced with what is waited for. */
  readonly interrupted: Promise<never>;
}

/**
 * Runs `work` on a replication connection whose temporary slot keeps the server from recycling write-ahead log that
 * was written from now on. The slot goes with the connection, and that is cut rather than asked to end: a backup that
 * is under way would first be sent to its end.
 *
 * Throws `PERMISSION_DENIED` where `pg_hba.conf` lets nobody replicate, `INTERRUPTED`, connection errors, and what
 * `work` throws.
 */
export async function withReplication<Result>(
  parameters: ConnectionParameters,
  context: Context,
  work: (replication: Replication) => Promise<Result>,
): Promise<Result> {
  const client = await connect(parameters);
  const cut = (): void => void socketOf(client).destroy();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined); // nobody may be waiting
  const stop = (): void => {
    aborted.reject(interrupted());
    cut();
  };
  context.signal?.addEventListener('abort', stop, { once: true });
  try {
    if (context.signal?.aborted) stop();
    const slot = `atriz_${randomBytes(6).toString('hex')}`;
    const ready = client.query(`CREATE_REPLICATION_SLOT ${slot} TEMPORARY PHYSICAL RESERVE_WAL`);
    await Promise.race([ready, aborted.promise]);
    return await work({ client, interrupted: aborted.promise });
  } catch (error) {
    throw context.signal?.aborted ? interrupted() : toBackupError(error, parameters);
  } finally {
    context.signal?.removeEventListener('abort', stop);
    cut();
  }
}

/** What the server's refusals and its end mean; other errors are returned as they are. */
function toBackupError(error: unknown, { host, port }: ConnectionParameters): unknown {
  if (error instanceof AtrizError) return error;
  const place = `${host}:${port}`;
  const message = error instanceof Error ? error.message : String(error);
  switch (sqlState(error)) {
    case DATA_CORRUPTED:
      return new AtrizError(
        'BACKUP_CORRUPT',
        `files of the server ${place} are damaged, as its log tells: ${message}`,
        {
          hint: 'restore the newest proven set elsewhere, and see to the disk: atriz backup list',
          cause: error,
        },
      );
    case CONFIGURATION_LIMIT:
      return new AtrizError('SETTING_INVALID', `the server ${place} has none to spare: ${message}`, {
        hint: 'raise max_replication_slots, or drop a slot that nobody uses (pg_replication_slots)',
        cause: error,
      });
    default:
  }
  if (!isLost(error, message)) return error;
  return new AtrizError('CONNECTION_LOST', `${place} ended the connection while it was backed up`, {
    hint: 'see what its log says, and make the backup again',
    cause: error,
  });
}

/** A connection that breaks while an answer is awaited has no code of PostgreSQL's, or one of a server that ends. */
function isLost(error: unknown, message: string): boolean {
  return /^(57P0[1-3]|08...)$/.test(sqlState(error)) || /^(Connection terminated|read ECONN|write E)/.test(message);
}

function interrupted(): AtrizError {
  return new AtrizError('INTERRUPTED', 'interrupted; the backup of the server was given up', {
    hint: 'run the command again',
  });
}

/** The client's socket, for what its interface has no word for: to wait, to go on, to be cut. */
export function socketOf(client: pg.Client): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}

async function connect({ ssl, password, ...parameters }: ConnectionParameters): Promise<pg.Client> {
  const client = new pg.Client({
    ...parameters,
    ...(password === undefined ? {} : { password }),
    ...(ssl === undefined ? {} : { ssl: ssl as NonNullable<pg.ClientConfig['ssl']> }),
    application_name: 'atriz',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    replication: 'true',
    options: SETTINGS,
  } as pg.ClientConfig);
  client.on('error', () => undefined); // what waits for an answer rejects by itself
  try {
    await client.connect();
    return client;
  } catch (error) {
    if (sqlState(error) === NOT_IN_HBA) {
      throw new AtrizError(
        'PERMISSION_DENIED',
        `${parameters.host}:${parameters.port} refuses a replication connection: ${(error as Error).message}`,
        {
          hint: `add to its pg_hba.conf: host replication ${parameters.user} <this address> scram-sha-256`,
          cause: error,
        },
      );
    }
    throw toConnectionError(error, parameters);
  }
}
