import { stat } from 'node:fs/promises';
import { AtrizError } from '@atriz/database';

/** Whom pgBackRest and PostgreSQL run as, where that is not the caller. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The owner of `path`, a data directory or what belongs to one: PostgreSQL and pgBackRest run as that user. Returns
 * `undefined` where the caller is that user already. Throws `PERMISSION_DENIED` for another user's, unless root asks, and
 * for root's own, which PostgreSQL refuses to run as.
 */
export async function ownerOf(path: string): Promise<Account | undefined> {
  const { uid, gid } = await stat(path);
  const caller = process.getuid?.();
  if (uid === 0) {
    throw new AtrizError('PERMISSION_DENIED', `${path} belongs to root, whom PostgreSQL does not run as`, {
      hint: `give it to the user that PostgreSQL runs as: chown postgres ${path}`,
    });
  }
  if (caller === uid) return undefined;
  if (caller === 0) return { uid, gid };
  throw new AtrizError('PERMISSION_DENIED', `${path} belongs to another user, uid ${uid}`, {
    hint: 'run this as the user that PostgreSQL runs as, such as sudo -u postgres, or as root',
  });
}
