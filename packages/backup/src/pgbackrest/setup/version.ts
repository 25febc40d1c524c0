import { AtrizError } from '@atriz/database';

/** The first release of pgBackRest that knows a major version of PostgreSQL, by its release notes. */
const FIRST_RELEASE: Readonly<Record<number, readonly [number, number]>> = {
  14: [2, 34],
  15: [2, 39],
  16: [2, 46],
  17: [2, 52],
  18: [2, 55],
  19: [2, 59],
};

/**
 * Refuses a server that this pgBackRest cannot know, before anything is set for it. One that is newer than this table is
 * left to pgBackRest to refuse. Pure. Throws `BACKUP_VERSION`.
 */
export function checkVersion(release: string, serverMajor: number): void {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  const first = FIRST_RELEASE[serverMajor];
  if (first === undefined || major > first[0] || (major === first[0] && minor >= first[1])) return;
  throw new AtrizError('BACKUP_VERSION', `pgBackRest ${release} does not know PostgreSQL ${serverMajor}`, {
    hint: `install pgBackRest ${first.join('.')} or later, for example from apt.postgresql.org`,
  });
}
