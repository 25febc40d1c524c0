import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';

/** Where packages of Debian, Red Hat, Homebrew and the source put a major version's programs. */
const PLACES = [
  '/usr/lib/postgresql/MAJOR/bin',
  '/usr/pgsql-MAJOR/bin',
  '/opt/homebrew/opt/postgresql@MAJOR/bin',
  '/usr/local/pgsql/bin',
];

/**
 * Finds the program `postgres` that a restored directory of this major version is run with: in `programs`
 * (`PG_BIN_DIR`), else where systems put it. Throws `CLIENT_TOOLS_MISSING`.
 */
export async function findPostgres(major: number, programs?: string | undefined): Promise<string> {
  const places = [...(programs === undefined ? [] : [programs]), ...PLACES];
  for (const place of places) {
    const program = join(place.replace('MAJOR', String(major)), 'postgres');
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return program;
  }
  throw new AtrizError('CLIENT_TOOLS_MISSING', `PostgreSQL ${major}, which the backup is of, is not installed here`, {
    hint: `install it, such as with apt-get install postgresql-${major}, or set PG_BIN_DIR to its programs`,
  });
}
