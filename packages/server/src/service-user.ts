import { readFile, stat } from 'node:fs/promises';
import { AtrizError } from '@atriz/database';

/** The unprivileged account that PostgreSQL runs as when root asks for it. */
export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Accounts that exist to own nothing of anybody's, the best first: Debian's and Red Hat's, BSD's, everyone's. */
const PREFERRED = ['postgres', 'pgsql', 'nobody'];

/**
 * Chooses from the text of `/etc/passwd` whom PostgreSQL shall run as, since it refuses to run as root.
 *
 * @throws AtrizError `EMBEDDED_NO_USER` when none of the accounts that it may use exists.
 */
export function chooseServiceUser(passwd: string): ServiceUser {
  const accounts = parseAccounts(passwd);
  for (const name of PREFERRED) {
    const account = accounts.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (account !== undefined) return account;
  }
  throw new AtrizError(
    'EMBEDDED_NO_USER',
    `PostgreSQL does not run as root, and /etc/passwd has none of the accounts ${PREFERRED.join(', ')}`,
    { hint: 'run as another user, or create the account: useradd --system postgres' },
  );
}

/**
 * The account to run PostgreSQL as, or `undefined` when the caller is not root and so runs it as itself.
 * A data directory that exists decides: PostgreSQL insists on being run by its owner.
 */
export async function findServiceUser(dataDirectory?: string): Promise<ServiceUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile('/etc/passwd', 'utf8');
  const owner = dataDirectory === undefined ? undefined : await ownerOf(dataDirectory);
  if (owner === undefined || owner.uid === 0) return chooseServiceUser(passwd);
  return parseAccounts(passwd).find((account) => account.uid === owner.uid) ?? owner;
}

async function ownerOf(path: string): Promise<ServiceUser | undefined> {
  const found = await stat(path, { throwIfNoEntry: false });
  return found && { name: `uid ${found.uid}`, uid: found.uid, gid: found.gid };
}

function parseAccounts(passwd: string): ServiceUser[] {
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
