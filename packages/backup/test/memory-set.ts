import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Captured, Part, SetSink, SnapshotSession } from '../src/engines/engine.ts';
import type { Manifest, ManifestFile } from '../src/manifest/manifest.ts';
import type { SetReader } from '../src/set/reader.ts';
import type { Store } from '../src/stores/store.ts';

/** A table's rows as texts, in their order as texts; the table as `schema.name`. */
export type Contents = Readonly<Record<string, readonly string[]>>;

/** A set in memory, for engines to be tried on without keys, compression and stores. */
export interface MemorySet {
  readonly sink: SetSink;
  /** What a session at the set's snapshot saw, by the definition's name. */
  readonly seen: ReadonlyMap<string, Contents>;
  readonly parts: ReadonlyMap<string, { readonly part: Part; readonly content: Buffer }>;
  /** The set as it is read; `cut` gives a file's stream the end that a broken one has. */
  reader(captured: Captured, engine: Manifest['engine'], cut?: (path: string) => number | undefined): SetReader;
}

/** Rows of every table that holds some: of partitions' leaves and materialized views too, but not of the system. */
const TABLES = `
SELECT format('%I.%I', nspname, relname) AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'm') AND nspname <> 'information_schema' AND nspname !~ '^pg_' ORDER BY 1`;

/** Reads all rows that a session sees. Floats and times are worded the same on every server. */
export async function readContents(client: Pick<SnapshotSession['client'], 'query'>): Promise<Contents> {
  await client.query(`SET LOCAL search_path = pg_catalog; SET LOCAL row_security = off; SET LOCAL timezone = 'UTC';
    SET LOCAL datestyle = 'ISO'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'`);
  const { rows: tables } = await client.query<{ name: string }>(TABLES);
  const contents: Record<string, string[]> = {};
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(
      `SELECT each::text AS row FROM ${name} AS each ORDER BY each::text COLLATE "C"`,
    );
    contents[name] = rows.map(({ row }) => row);
  }
  const { rows: objects } = await client.query<{ row: string }>(
    `SELECT md5(lo_get(oid)) AS row FROM pg_largeobject_metadata ORDER BY oid`,
  );
  if (objects.length > 0) contents['large objects'] = objects.map(({ row }) => row);
  return contents;
}

export function createMemorySet(): MemorySet {
  const parts = new Map<string, { part: Part; content: Buffer }>();
  const seen = new Map<string, Contents>();
  const databases: Manifest['databases'] = [];
  const sink: SetSink = {
    async store(part, source) {
      const content = await buffer(source);
      if (parts.has(part.path)) throw new Error(`two parts are called ${part.path}`);
      parts.set(part.path, { part, content });
    },
    async describe(session) {
      const { target, client, snapshot, server, takenAt } = session;
      const { rows } = await client.query<{ locale: Record<string, unknown>; bytes: number }>(
        `SELECT to_jsonb(pg_database) || jsonb_build_object('encoding', pg_encoding_to_char(encoding)) AS locale,
                pg_database_size(oid)::float8 AS bytes FROM pg_database WHERE datname = current_database()`,
      );
      seen.set(target.database.name, await readContents(client));
      databases.push({
        name: target.database.name,
        databaseName: target.parameters.database,
        server,
        identity: null,
        snapshot,
        takenAt: takenAt.toISOString(),
        bytes: rows[0]!.bytes,
        locale: rows[0]!.locale,
        migrations: [],
        tables: [],
        sequences: [],
      });
    },
  };
  return {
    sink,
    seen,
    parts,
    reader: (captured, engine, cut = () => undefined) => ({
      manifest: manifestOf(captured, engine, { databases, files: [...parts.values()].map(toFile) }),
      store: UNUSED,
      manifestSha256: '0'.repeat(64),
      read: async ({ path }) => Readable.from(chunksOf(parts.get(path)!.content, cut(path)), { objectMode: false }),
    }),
  };
}

const CHUNK_BYTES = 16 * 1024;

/** Fails after `cut` bytes, as a stream does whose file is found to be broken. */
function* chunksOf(content: Buffer, cut: number | undefined): Generator<Buffer> {
  for (let from = 0; from < (cut ?? content.length); from += CHUNK_BYTES) {
    yield content.subarray(from, Math.min(from + CHUNK_BYTES, cut ?? content.length));
  }
  if (cut !== undefined) throw new Error('the file is cut off');
}

function toFile({ part, content }: { readonly part: Part; readonly content: Buffer }): ManifestFile {
  return {
    path: part.path,
    kind: part.kind,
    database: part.database ?? null,
    server: part.server,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    plainBytes: content.length,
  };
}

function manifestOf(
  { consistency, servers }: Captured,
  engine: Manifest['engine'],
  { databases, files }: Pick<Manifest, 'databases' | 'files'>,
): Manifest {
  const now = new Date().toISOString();
  return {
    format: 1,
    id: `backup-20260101T000000Z-${randomBytes(4).toString('hex')}`,
    family: 'test',
    environment: 'development',
    takenAt: now,
    finishedAt: now,
    atrizVersion: '0.0.0',
    commit: null,
    engine,
    purpose: 'manual',
    runId: '00000000-0000-0000-0000-000000000000',
    consistency,
    compression: 'none',
    encryption: null,
    servers: [...servers],
    databases,
    files,
  };
}

const unused = (): never => {
  throw new Error('a set in memory is in no store');
};

const UNUSED: Store = { name: 'folder', place: 'memory', write: unused, read: unused, list: unused, remove: unused };
