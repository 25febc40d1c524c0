import { AtrizError } from '@atriz/database';
import type { ServiceUser } from './service-user.ts';

/**
 * How `initdb` and `postgres` are run: as `user` and with none of the caller's supplementary groups (Node drops
 * them whenever it changes the uid), in a directory that any account may enter, and with an environment of
 * their own, since a `PGDATA` or an unknown `LC_ALL` of the caller's would change what they do.
 */
export function spawnOptions(user: ServiceUser | undefined): {
  cwd: string;
  env: Record<string, string>;
  uid?: number;
  gid?: number;
} {
  const base = { cwd: '/', env: { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' } };
  return user === undefined ? base : { ...base, uid: user.uid, gid: user.gid };
}

/** A program that could not even be started. The file exists, so what is missing is the C library it asks for. */
export function spawnFailure(program: string, cause: NodeJS.ErrnoException): AtrizError {
  if (cause.code === 'ENOENT') {
    return new AtrizError(
      'EMBEDDED_UNSUPPORTED',
      `${program} needs a C library that this system does not have (glibc)`,
      {
        hint: 'name a PostgreSQL server in .env with PGHOST, PGPORT, PGUSER and PGPASSWORD',
        cause,
      },
    );
  }
  return new AtrizError('EMBEDDED_FAILED', `${program} could not be started: ${cause.message}`, { cause });
}
