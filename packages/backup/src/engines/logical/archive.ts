import { buffer } from 'node:stream/consumers';
import { AtrizError } from '@atriz/database';
import type { ManifestFile, PartKind } from '../../manifest/manifest.ts';
import type { SetReader } from '../../set/reader.ts';
import { roleRecordSchema, type RoleRecord } from './role-record.ts';

/** The files of a set that hold one kind of a database's parts, or of a server's; the longest first. */
export function filesOf(
  { manifest }: Pick<SetReader, 'manifest'>,
  kind: PartKind,
  owner: { readonly database?: string; readonly server?: number },
): ManifestFile[] {
  return manifest.files
    .filter((file) => file.kind === kind)
    .filter(({ database, server }) =>
      owner.database === undefined ? server === owner.server : database === owner.database,
    )
    .toSorted((one, other) => other.plainBytes - one.plainBytes);
}

/** An archive of a database's structure as a whole, checked before any of it is used. There are no rows in it. */
export async function readSchemaArchive(
  reader: SetReader,
  database: string,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const [file] = filesOf(reader, 'schema', { database });
  if (file === undefined) throw lacks(reader, `the structure of ${database}`);
  return buffer(await reader.read(file, { signal }));
}

/** What a set recorded of the roles of one of its servers. */
export async function readRoleRecord(reader: SetReader, server: number, signal?: AbortSignal): Promise<RoleRecord> {
  const [file] = filesOf(reader, 'roles', { server });
  if (file === undefined) throw lacks(reader, `the roles of server ${server}`);
  const text = await buffer(await reader.read(file, { signal }));
  try {
    return roleRecordSchema.parse(JSON.parse(text.toString('utf8')));
  } catch (cause) {
    throw new AtrizError('BACKUP_CORRUPT', `${reader.manifest.id}/${file.path} is no record of roles`, {
      hint: 'restore another set: atriz backup list',
      cause,
    });
  }
}

function lacks({ manifest }: SetReader, what: string): AtrizError {
  return new AtrizError('BACKUP_CORRUPT', `the set ${manifest.id} does not hold ${what}`, {
    hint: 'restore another set: atriz backup list',
  });
}
