import { realpath } from 'node:fs/promises';
import { type Cluster, readPassword } from './cluster.ts';
import { type EmbeddedServer, HOST, SUPERUSER } from './embedded-server.ts';
import { locateCluster } from './location.ts';
import { findPostmaster, type Postmaster } from './postmaster.ts';
import { answers } from './probe.ts';

/**
 * Finds the workspace's embedded server: its postmaster runs, and has just let us connect. Starts nothing and
 * writes nothing; `undefined` when there is none, or when it is not, or no longer, taking connections.
 *
 * @throws AtrizError `PERMISSION_DENIED` when another user started it; `AUTHENTICATION_FAILED` when its
 * superuser's password was changed.
 */
export async function findServer({ root }: { readonly root: string }): Promise<EmbeddedServer | undefined> {
  const cluster = await locateCluster(await realpath(root));
  if (cluster === undefined) return undefined;
  const postmaster = await findPostmaster(cluster.dataDirectory);
  if (postmaster?.ready !== true) return undefined;
  const server = await describeServer(cluster, { postmaster, started: false });
  return (await answers(server)) ? server : undefined;
}

export async function describeServer(
  cluster: Cluster,
  { postmaster, started }: { postmaster: Pick<Postmaster, 'pid' | 'port'>; started: boolean },
): Promise<EmbeddedServer> {
  return {
    host: HOST,
    port: postmaster.port,
    user: SUPERUSER,
    password: await readPassword(cluster),
    dataDirectory: cluster.dataDirectory,
    pid: postmaster.pid,
    started,
  };
}
