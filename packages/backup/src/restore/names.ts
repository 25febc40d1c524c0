import { randomBytes } from 'node:crypto';

/** What every database is called while it is restored: a person, and the next restore, can tell and drop it. */
export const UNFINISHED_PREFIX = 'atriz_restore_';

const MAX_BYTES = 63;

/** A name that nobody has, for a database that is not restored and verified yet. */
export function unfinishedName(): string {
  return `${UNFINISHED_PREFIX}${randomBytes(6).toString('hex')}`;
}

/** `mextrack_db_before_20261121123046`: what a database is called when another takes its place, at that time (UTC). */
export function oldName(databaseName: string, now: Date): string {
  return withEnding(databaseName, `_before_${now.toISOString().replaceAll(/\D/g, '').slice(0, 14)}`);
}

/** Which of the names on a server are those of databases that were replaced by a restore, newest first. */
export function findOldNames(databaseName: string, names: Iterable<string>): string[] {
  return [...names]
    .filter((name) => /_before_\d{14}$/.test(name) && withEnding(databaseName, name.slice(-22)) === name)
    .sort()
    .toReversed();
}

/** A name with something added, the name itself cut where both are longer than PostgreSQL's 63 bytes. */
export function withEnding(name: string, ending: string): string {
  const room = MAX_BYTES - Buffer.byteLength(ending);
  let cut = name;
  while (Buffer.byteLength(cut) > room) cut = [...cut].slice(0, -1).join('');
  return `${cut}${ending}`;
}
