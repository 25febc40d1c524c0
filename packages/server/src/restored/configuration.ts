import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../cluster.ts';
import { HOST } from '../embedded-server.ts';
import { DEVELOPMENT_SETTINGS, SETTINGS } from '../initdb.ts';
import type { ServiceUser } from '../service-user.ts';

/** Writes the embedded server's own configuration where a backup has none: Debian keeps it outside the data directory. */
export async function completeConfiguration({ dataDirectory }: Cluster, user: ServiceUser | undefined): Promise<void> {
  const settings = Object.entries({ ...SETTINGS, ...DEVELOPMENT_SETTINGS });
  const files = {
    'postgresql.conf': settings.map(([name, value]) => `${name} = '${value}'\n`).join(''),
    'pg_hba.conf': `host all all ${HOST}/32 scram-sha-256\nhost replication all ${HOST}/32 scram-sha-256\n`,
    'pg_ident.conf': '',
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(dataDirectory, name);
    if ((await stat(path, { throwIfNoEntry: false })) !== undefined) continue;
    await writeFile(path, text, { mode: 0o600 });
    if (user !== undefined) await chown(path, user.uid, user.gid);
  }
}
