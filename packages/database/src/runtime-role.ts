import { AtrizError } from './errors.ts';
import type { ReadyPool } from './ready-answer.ts';

interface Powers {
  readonly role: string;
  readonly database: string;
  readonly superuser: boolean;
  readonly bypass: boolean;
  /** A table whose owner the role is, or can become. */
  readonly owned: string | null;
}

const POWERS = `
SELECT current_user AS role, current_database() AS database, rolsuper AS superuser, rolbypassrls AS bypass,
       (SELECT pg_class.oid::regclass::text
          FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname !~ '^pg_'
           AND pg_has_role(relowner, 'MEMBER')
         LIMIT 1) AS owned
  FROM pg_roles WHERE rolname = current_user`;

/**
 * Whether an application is connected as a role that row-level security binds and that cannot change tables: one that
 * is no superuser, has no BYPASSRLS, and owns no table. For an application's start, after `assertReady`; it is one query.
 *
 * In production anything else is thrown as `ROLE_TOO_POWERFUL`; elsewhere it is `false`, for a warning in the log.
 * Throws pg's own error where the question cannot be asked.
 *
 * @example
 * if (!(await assertRuntimeRole(db, { production }))) logger.warn('connected past row-level security');
 */
export async function assertRuntimeRole(
  db: Pick<ReadyPool, 'query'> | { readonly pool: Pick<ReadyPool, 'query'> },
  { production }: { readonly production: boolean },
): Promise<boolean> {
  const pool = 'pool' in db ? db.pool : db;
  const {
    rows: [powers],
  } = await pool.query<Powers>(POWERS);
  const power = describePower(powers!);
  if (power === undefined) return true;
  if (!production) return false;
  const { role, database } = powers!;
  throw new AtrizError('ROLE_TOO_POWERFUL', `the application is connected to "${database}" as "${role}", ${power}`, {
    hint: `connect as "${database}_app", which atriz roles apply makes`,
  });
}

function describePower({ superuser, bypass, owned }: Powers): string | undefined {
  if (superuser) return 'a superuser';
  if (bypass) return 'which passes by row-level security';
  return owned === null ? undefined : `which owns ${owned}, and could change it`;
}
