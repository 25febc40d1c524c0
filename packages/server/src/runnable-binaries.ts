import { type Binaries, findBinaries } from './binaries.ts';
import type { Progress } from './embedded-server.ts';
import { withDiskErrors } from './failure.ts';
import { RELOCATION_BASE } from './location.ts';
import { canRun } from './reachable.ts';
import { relocateBinaries } from './relocated-binaries.ts';
import type { ServiceUser } from './service-user.ts';

/** PostgreSQL's programs where `user` can run them: those of the package, or else a copy outside the checkout. */
export async function findRunnableBinaries(user: ServiceUser | undefined, onProgress?: Progress): Promise<Binaries> {
  const binaries = await findBinaries();
  if (user === undefined || (await canRun(binaries, user))) return binaries;
  return withDiskErrors(RELOCATION_BASE, () => relocateBinaries(binaries, { base: RELOCATION_BASE, onProgress }));
}
