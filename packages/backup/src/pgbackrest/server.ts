import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError, sqlState } from '@atriz/database';
import { withMaintenanceSession, type Context, type Target } from '@atriz/lifecycle';
import type pg from 'pg';

/** The running server that a stanza is about. */
export interface LiveServer {
  /** Any of the family's databases on it. */
  readonly target: Target;
  readonly dataDirectory: string;
  /** PostgreSQL's major version. */
  readonly major: number;
}

const READ_SERVER = `
SELECT current_setting('data_directory') AS "dataDirectory",
       current_setting('server_version_num')::int / 10000 AS major,
       (SELECT system_identifier::text FROM pg_control_system()) AS identifier`;

const PERMISSION_DENIED = '42501';

/**
 * The one server that the databases are on, by their connections; nothing is connected to. Throws
 * `BACKUP_NOT_CONFIGURED` where they are on several: a stanza is one server's.
 */
export function oneServer(targets: readonly Target[]): Target {
  const places = new Map(targets.map((each) => [`${each.parameters.host}:${each.parameters.port}`, each]));
  const [target, ...others] = places.values();
  if (target !== undefined && others.length === 0) return target;
  const found = [...places.keys()].join(', ') || 'none';
  throw new AtrizError('BACKUP_NOT_CONFIGURED', `a stanza of pgBackRest is one server’s, and here are ${found}`, {
    hint: 'choose the databases of one with --database, and name its stanza and its file in BACKUP_PGBACKREST_*',
  });
}

/**
 * Reads where the server keeps its data, and makes sure that this is the directory of that name on this machine:
 * pgBackRest reads it from there. Throws `PERMISSION_DENIED`, `BACKUP_NOT_CONFIGURED` and connection errors.
 */
export async function readLiveServer(target: Target, context: Context): Promise<LiveServer> {
  const { identifier, ...server } = await withMaintenanceSession(target, context, (client) => read(client, target));
  const here = await readSystemIdentifier(server.dataDirectory);
  if (here === identifier) return { target, ...server };
  const found = here === undefined ? 'is not here' : 'holds another one here';
  throw new AtrizError(
    'BACKUP_NOT_CONFIGURED',
    `the server of ${target.parameters.host}:${target.parameters.port} has its data in ${server.dataDirectory}, which ${found}`,
    { hint: 'pgBackRest works on the machine of the server: run this there' },
  );
}

async function read(client: pg.ClientBase, { parameters: { user } }: Target) {
  try {
    const { rows } = await client.query<Omit<LiveServer, 'target'> & { readonly identifier: string }>(READ_SERVER);
    return rows[0]!;
  } catch (error) {
    if (sqlState(error) !== PERMISSION_DENIED) throw error;
    throw new AtrizError('PERMISSION_DENIED', `"${user}" may not see where the server keeps its data`, {
      hint: 'connect as a superuser, or grant it pg_read_all_settings',
      cause: error,
    });
  }
}

/** Of the cluster in a data directory: what its control file begins with. `undefined` where there is none. */
async function readSystemIdentifier(dataDirectory: string): Promise<string | undefined> {
  try {
    await using file = await open(join(dataDirectory, 'global', 'pg_control'), 'r');
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.readBigUInt64LE().toString();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code !== 'EACCES') throw error;
    throw new AtrizError('PERMISSION_DENIED', `${dataDirectory} may not be read`, {
      hint: 'run this as the user that PostgreSQL runs as, such as sudo -u postgres, or as root',
      cause: error,
    });
  }
}
