import type pg from 'pg';

const CHUNK_BYTES = 1024 * 1024;

/** Copies all large objects with their numbers, a chunk at a time. Returns how many there were. */
export async function copyLargeObjects(from: pg.ClientBase, to: pg.ClientBase): Promise<number> {
  const { rows: objects } = await from.query<{ oid: string }>(
    'SELECT oid::text FROM pg_largeobject_metadata ORDER BY oid',
  );
  for (const { oid } of objects) {
    await to.query('SELECT lo_create($1::oid)', [oid]);
    for (let offset = 0; ; offset += CHUNK_BYTES) {
      const { rows } = await from.query<{ chunk: Buffer }>('SELECT lo_get($1::oid, $2::bigint, $3::int) AS chunk', [
        oid,
        offset,
        CHUNK_BYTES,
      ]);
      const { chunk } = rows[0]!;
      if (chunk.length > 0) await to.query('SELECT lo_put($1::oid, $2::bigint, $3)', [oid, offset, chunk]);
      if (chunk.length < CHUNK_BYTES) break;
    }
  }
  return objects.length;
}
