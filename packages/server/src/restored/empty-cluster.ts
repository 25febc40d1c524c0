import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import type { Cluster } from '../cluster.ts';
import { withDiskErrors } from '../failure.ts';
import type { ServiceUser } from '../service-user.ts';

/** Makes the directory of a cluster, with a password and an empty data directory that belongs to `user`. */
export async function makeEmptyCluster(
  cluster: Cluster,
  { user, password }: { readonly user: ServiceUser | undefined; readonly password: string },
): Promise<void> {
  await withDiskErrors(cluster.directory, async () => {
    await mkdir(cluster.directory);
    await chmod(cluster.directory, 0o711);
    await mkdir(cluster.dataDirectory, { mode: 0o700 });
    await writeFile(cluster.passwordFile, password, { mode: 0o600 });
    if (user !== undefined) await chown(cluster.dataDirectory, user.uid, user.gid);
  });
}
