import { AtrizError } from '@atriz/database';
import { withSession, type Context, type Target } from '@atriz/lifecycle';

interface Facts {
  readonly version: number;
  readonly standby: boolean;
  readonly superuser: boolean;
  readonly wal_level: string;
  readonly senders: number;
  readonly slots: number;
  readonly tablespaces: readonly string[];
}

const FACTS = `
SELECT current_setting('server_version_num')::int AS version,
       pg_is_in_recovery() AS standby,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       current_setting('wal_level') AS wal_level,
       current_setting('max_wal_senders')::int AS senders,
       current_setting('max_replication_slots')::int AS slots,
       ARRAY(SELECT spcname::text FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY 1) AS tablespaces`;

const OLDEST = 15;
const LOGICAL = 'take a logical backup: BACKUP_ENGINE=logical';

/**
 * What keeps the physical engine from backing up a target's server; `undefined` when nothing does.
 *
 * It copies the server's files and reads its write-ahead log, which PostgreSQL lets superusers do alone. What
 * `pg_hba.conf` says of replication shows when the backup begins.
 */
export async function findPhysicalObstacle({ parameters }: Target, context: Context): Promise<AtrizError | undefined> {
  return withSession(parameters, context, async (client) => {
    const { rows } = await client.query<Facts>(FACTS);
    return judge(rows[0]!, parameters);
  });
}

function judge(facts: Facts, { host, port, user }: Target['parameters']): AtrizError | undefined {
  const server = `the server ${host}:${port}`;
  const major = Math.floor(facts.version / 10_000);
  if (major < OLDEST) {
    return new AtrizError(
      'BACKUP_VERSION',
      `${server} is PostgreSQL ${major}, and base backups are read from ${OLDEST} on`,
      {
        hint: LOGICAL,
      },
    );
  }
  if (!facts.superuser) {
    return new AtrizError(
      'PERMISSION_DENIED',
      `user "${user}" is no superuser of ${server}, so he may not copy its files`,
      {
        hint: `connect as a superuser, or ${LOGICAL}`,
      },
    );
  }
  if (facts.standby) return unfit(`${server} is a standby`, `name its primary, or ${LOGICAL}`);
  const settings = { wal_level: facts.wal_level, max_wal_senders: facts.senders, max_replication_slots: facts.slots };
  for (const [name, value] of Object.entries(settings)) {
    if (value === 'minimal' || value === 0) {
      return unfit(
        `${server} runs with ${name} = ${value}`,
        `set ${name} to PostgreSQL's default and restart it, or ${LOGICAL}`,
      );
    }
  }
  if (facts.tablespaces.length > 0) {
    return unfit(`${server} has tablespaces outside of its data directory: ${facts.tablespaces.join(', ')}`, LOGICAL);
  }
  return undefined;
}

function unfit(fact: string, hint: string): AtrizError {
  return new AtrizError('SETTING_INVALID', `${fact}: a physical backup of it is not possible`, { hint });
}
