import type pg from 'pg';
import type { ManifestTable } from '../manifest/manifest.ts';

/** Where PostgreSQL keeps them; a manifest lists them as this table. */
export const LARGE_OBJECTS = { schema: 'pg_catalog', name: 'pg_largeobject' };

/**
 * Pages without anything but zeros, and zeros at a page's end, are left out: an object with holes is restored without.
 */
const READ_LARGE_OBJECTS = `
SELECT count(*)::text AS rows,
       coalesce(sum(hashint8extended(0, hash_record_extended(ROW(loid::int8, pageno, bytes), 0))), 0)::text AS hash
  FROM (SELECT loid, pageno, rtrim(data, '\\x00'::bytea) AS bytes FROM pg_largeobject) AS pages
 WHERE bytes <> ''`;

/**
 * Reads how many pages of large objects there are, and their hash; `undefined` where there are none, or where the login
 * may not read them. To be called after `pinSettings`.
 */
export async function describeLargeObjects(client: pg.ClientBase): Promise<ManifestTable | undefined> {
  const { rows: objects } = await client.query<{ readable: boolean }>(
    `SELECT has_table_privilege('pg_catalog.pg_largeobject', 'SELECT') AS readable FROM pg_largeobject_metadata LIMIT 1`,
  );
  if (!objects[0]?.readable) return undefined;
  const { rows } = await client.query<{ rows: string; hash: string }>(READ_LARGE_OBJECTS);
  return { ...LARGE_OBJECTS, rows: Number(rows[0]!.rows), hash: rows[0]!.hash };
}
