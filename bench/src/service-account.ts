import { readFile } from 'node:fs/promises';

/** Whom the server runs as. */
export interface ServiceAccount {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root; for root this is the account that the system's packages made. */
export async function serviceAccount(): Promise<ServiceAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const found = accounts.find(([name]) => name === 'postgres');
  if (!found) throw new Error('PostgreSQL does not run as root, and there is no account "postgres" to run it as');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}
