import { statfs } from 'node:fs/promises';
import type { Target } from '@atriz/lifecycle';
import type pg from 'pg';

/**
 * How many bytes are free where the server keeps its data. Undefined where that cannot be known: on another machine, or
 * where the login may not ask for the directory, or the directory is in a container of its own.
 */
export async function readFreeBytes(client: pg.ClientBase, { parameters }: Target): Promise<number | undefined> {
  if (!isHere(parameters.host)) return undefined;
  const { rows } = await client.query<{ directory: string }>(
    `SELECT setting AS directory FROM pg_settings WHERE name = 'data_directory'`,
  );
  if (rows[0] === undefined) return undefined;
  try {
    const { bavail, bsize } = await statfs(rows[0].directory);
    return bavail * bsize;
  } catch {
    return undefined; // not on this machine after all, or not to be seen: nothing is known
  }
}

function isHere(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.') || host.startsWith('/');
}
