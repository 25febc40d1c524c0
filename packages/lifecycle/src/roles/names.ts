import { AtrizError } from '@atriz/database';

/** What each role of a database is for. */
export const ROLE_KINDS = ['owner', 'app', 'read', 'backup'] as const;

export type RoleKind = (typeof ROLE_KINDS)[number];

/** The roles' names on the server. */
export type RoleNames = Readonly<Record<RoleKind, string>>;

const MAX_BYTES = 63;

/** Whether a database's name leaves room for those of its roles. */
export function leavesRoomForRoles(database: string): boolean {
  return Buffer.byteLength(`${database}_backup`) <= MAX_BYTES;
}

/**
 * `mextrack_db_owner`, `mextrack_db_app`, …: roles are the server's, so the database's name is in theirs. Throws
 * `DEFINITION_INVALID` for a name that leaves no room.
 */
export function roleNames(database: string): RoleNames {
  const names = {
    owner: `${database}_owner`,
    app: `${database}_app`,
    read: `${database}_read`,
    backup: `${database}_backup`,
  };
  if (leavesRoomForRoles(database)) return names;
  throw new AtrizError(
    'DEFINITION_INVALID',
    `the name of the role "${names.backup}" is longer than PostgreSQL's ${MAX_BYTES} bytes`,
    { hint: `give the database a name of at most ${MAX_BYTES - '_backup'.length} bytes` },
  );
}
