import { appendFile, chown, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../cluster.ts';
import { HOST } from '../embedded-server.ts';
import { DEVELOPMENT_SETTINGS, SETTINGS } from '../initdb.ts';
import type { ServiceUser } from '../service-user.ts';

const ARCHIVES = /^\s*archive_mode\s*=?\s*'?(?:on|always)\b/im;

/**
 * Makes the configuration of restored data one that the embedded server can run with. Where the backup has none, as
 * Debian keeps it outside the data directory, it is the embedded server's own. One that archives is told not to: the
 * archive is that of the server which the backup is of.
 */
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
  const [main, changed] = ['postgresql.conf', 'postgresql.auto.conf'].map((name) => join(dataDirectory, name));
  const texts = await Promise.all([main!, changed!].map((path) => readIfThere(path)));
  if (!texts.some((text) => ARCHIVES.test(text))) return;
  await appendFile(changed!, "archive_mode = 'off' # the archive is that of the server which was backed up\n");
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
