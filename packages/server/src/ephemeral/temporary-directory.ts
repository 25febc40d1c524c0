import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isReachable } from '../reachable.ts';
import type { ServiceUser } from '../service-user.ts';

/** The system's directory for temporary files, unless it is the caller's alone and PostgreSQL runs as another. */
export async function temporaryDirectory(user: ServiceUser | undefined): Promise<string> {
  const preferred = await realpath(tmpdir());
  if (user === undefined || (await isReachable(preferred, user))) return preferred;
  return realpath('/tmp');
}
