import { AtrizError, sqlState } from '@atriz/database';
import { localeClauses, withMaintenanceSession, type Context, type DatabaseRow, type Target } from '@atriz/lifecycle';
import pg from 'pg';
import type { ManifestDatabase } from '../../manifest/manifest.ts';

export interface CreateLikeOptions {
  /** On the server where it is to be made. */
  readonly maintenance: Target;
  readonly name: string;
  readonly context: Context;
}

export interface CreatedLike {
  /** In what it is not like the set's, such as a locale that this server does not have. */
  readonly warnings: readonly string[];
}

const PERMISSION_DENIED = '42501';
const ALREADY_THERE = new Set(['42P04', '23505']);
/** What servers say to a locale, a provider or a clause that they do not know. */
const UNKNOWN_LOCALE = new Set(['42809', '22023', '42704', '0A000', '42601']);
const BUILTIN_SINCE = 170000;

/**
 * Makes an empty database with the encoding and locale that one of a set had, from `template0`, so that nothing is in it
 * that an administrator put into `template1`. Where the server does not have that locale, it gets PostgreSQL's own
 * `C.UTF-8`, or `C` for another encoding, and a warning says so: rows are the same, their order as text is not.
 *
 * Throws `RESTORE_BLOCKED` (there is a database of that name), `PERMISSION_DENIED`, connection errors.
 */
export function createLike(
  { locale }: Pick<ManifestDatabase, 'locale'>,
  { maintenance, name, context }: CreateLikeOptions,
): Promise<CreatedLike> {
  const row = locale as unknown as DatabaseRow;
  return withMaintenanceSession(maintenance, context, async (client) => {
    const create = (clauses: string): Promise<unknown> =>
      client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ${clauses}`);
    try {
      await create(localeClauses(row));
      return { warnings: [] };
    } catch (error) {
      if (!UNKNOWN_LOCALE.has(sqlState(error))) throw toCreateError(error, maintenance, name);
      const { rows } = await client.query<{ version: number }>(
        `SELECT current_setting('server_version_num')::int AS version`,
      );
      const clauses = plainLocale(row, rows[0]!.version);
      try {
        await create(clauses);
      } catch (second) {
        throw toCreateError(second, maintenance, name);
      }
      const warning = `"${name}" has another locale than in the set (${clauses}): ${(error as Error).message}`;
      context.onProgress?.(warning);
      return { warnings: [warning] };
    }
  });
}

/** The locale that every server has, or nearly: of PostgreSQL's own making since 17, of the operating system before. */
function plainLocale({ encoding }: DatabaseRow, version: number): string {
  const quoted = `ENCODING ${pg.escapeLiteral(encoding)}`;
  if (encoding !== 'UTF8') return `${quoted} LOCALE 'C'`;
  if (version < BUILTIN_SINCE) return `${quoted} LOCALE 'C.UTF-8'`;
  return `${quoted} LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'`;
}

function toCreateError(error: unknown, { parameters }: Target, name: string): unknown {
  const place = `"${name}" on ${parameters.host}:${parameters.port}`;
  if (ALREADY_THERE.has(sqlState(error))) {
    return new AtrizError('RESTORE_BLOCKED', `there is a database ${place} already`, {
      hint: 'give another name, or drop it first',
      cause: error,
    });
  }
  if (sqlState(error) !== PERMISSION_DENIED) return error;
  return new AtrizError('PERMISSION_DENIED', `user "${parameters.user}" may not create ${place}`, {
    hint: `let an administrator run: ALTER ROLE ${pg.escapeIdentifier(parameters.user)} CREATEDB`,
    cause: error,
  });
}
