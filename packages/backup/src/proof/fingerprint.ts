import { AtrizError, sqlState } from '@atriz/database';
import type pg from 'pg';
import type { SnapshotSession } from '../engines/engine.ts';
import type { ManifestDatabase, ManifestTable } from '../manifest/manifest.ts';
import { readLedger } from './applied-migrations.ts';
import { describeLargeObjects } from './large-objects.ts';
import { pinSettings, rowHashQuery, type HashedTable } from './row-hash.ts';
import { readSequences } from './sequences.ts';
import { readTables } from './tables.ts';

export interface DescribeOptions {
  /** Told of each table as it is read. */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** The owner that `roles apply` made sees every row; a superuser does anyway. */
const BECOME_OWNER = `
SELECT set_config('role', rolname, true)
  FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
 WHERE datname = current_database() AND rolname = datname || '_owner' AND pg_has_role(session_user, datdba, 'MEMBER')
   AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)`;

const READ_DATABASE = `
SELECT pg_database_size(datname)::text AS bytes,
       to_jsonb(pg_database) - 'datacl' || jsonb_build_object('encoding', pg_encoding_to_char(encoding)) AS locale
  FROM pg_database WHERE datname = current_database()`;

const PERMISSION_DENIED = '42501';

/**
 * Reads what the manifest says of a database as the session's snapshot has it: each table's rows and their hash (see
 * `rowHashQuery` for what it proves, `readTables` for which tables), sequences, migrations, identity, size and locale.
 *
 * Throws `PERMISSION_DENIED` where the login may not read a table, or a policy would hide rows of it: a set that lacks
 * rows is none.
 */
export async function describeDatabase(
  { target, client, snapshot, takenAt, server }: SnapshotSession,
  { onProgress }: DescribeOptions = {},
): Promise<ManifestDatabase> {
  await client.query(BECOME_OWNER);
  await pinSettings(client);
  // First: what is read of sequences is then not newer than what an archive has of them.
  const sequences = await readSequences(client);
  const ledger = await readLedger(client, target.database);
  const { rows } = await client.query<{ bytes: string; locale: Record<string, unknown> }>(READ_DATABASE);
  const tables = await describeTables(client, { onProgress });
  return {
    name: target.database.name,
    databaseName: target.parameters.database,
    server,
    ...ledger,
    snapshot,
    takenAt: takenAt.toISOString(),
    bytes: Number(rows[0]!.bytes),
    locale: rows[0]!.locale,
    tables: [...tables],
    sequences: [...sequences],
  };
}

/** Most tables are read in less, and nobody wants to be told of each. */
const SHORT_MS = 2000;

/** Counts and hashes each table, large objects as one more. To be called after `pinSettings`. */
export async function describeTables(
  client: pg.ClientBase,
  { onProgress }: DescribeOptions = {},
): Promise<readonly ManifestTable[]> {
  const described: ManifestTable[] = [];
  for (const table of await readTables(client)) {
    const tellLater = setTimeout(() => onProgress?.(`reading ${table.schema}.${table.name}`), SHORT_MS);
    try {
      described.push(await describeTable(client, table));
    } finally {
      clearTimeout(tellLater);
    }
  }
  const largeObjects = await describeLargeObjects(client);
  return largeObjects ? [...described, largeObjects] : described;
}

async function describeTable(client: pg.ClientBase, table: HashedTable): Promise<ManifestTable> {
  const { schema, name } = table;
  try {
    const { rows } = await client.query<{ rows: string; hash: string }>(rowHashQuery(table));
    return { schema, name, rows: Number(rows[0]!.rows), hash: rows[0]!.hash };
  } catch (error) {
    if (sqlState(error) !== PERMISSION_DENIED) throw error;
    const text = `not every row of ${schema}.${name} may be read: ${(error as Error).message}`;
    throw new AtrizError('PERMISSION_DENIED', text, {
      hint: 'back up as a login that is a member of the database\u2019s owner: pnpm exec atriz roles apply',
      cause: error,
    });
  }
}
