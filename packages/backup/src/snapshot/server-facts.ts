import { sqlState } from '@atriz/database';
import type pg from 'pg';
import type { ManifestServer } from '../manifest/manifest.ts';

const PERMISSION_DENIED = '42501';

/** Which running server a session is on. */
export interface ServerFacts extends ManifestServer {
  /** Equal for sessions of one running server, whatever name each reached it by; not for a server and its standby. */
  readonly key: string;
}

/** Asks a server what it is. Where a provider does not tell the system's identifier, `host:port` takes its place. */
export async function readServerFacts(client: pg.Client): Promise<ServerFacts> {
  const { rows } = await client.query<{ version: number; started: string }>(
    `SELECT current_setting('server_version_num')::int AS version, extract(epoch FROM pg_postmaster_start_time())::text AS started`,
  );
  const { version, started } = rows[0]!;
  const systemIdentifier = (await readSystemIdentifier(client)) ?? `${client.host}:${client.port}`;
  return {
    host: client.host,
    port: client.port,
    version,
    systemIdentifier,
    recovery: null,
    key: `${systemIdentifier}/${started}`,
  };
}

async function readSystemIdentifier(client: pg.Client): Promise<string | undefined> {
  try {
    const { rows } = await client.query<{ system: string }>(
      'SELECT system_identifier::text AS system FROM pg_control_system()',
    );
    return rows[0]!.system;
  } catch (error) {
    if (sqlState(error) === PERMISSION_DENIED) return undefined;
    throw error;
  }
}
