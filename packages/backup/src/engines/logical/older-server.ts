import { withSession, type Context } from '@atriz/lifecycle';
import type { ConnectionParameters } from '@atriz/database/workspace';
import type { Programs } from './programs.ts';

/** PostgreSQL 17 has a setting that its pg_restore sends to every server, and that older servers refuse. */
const SETTING_SINCE = 17;

/** What pg_restore says, in the one language that it is asked for, of each statement that was refused. */
const REFUSED = /^Command was: SET transaction_timeout = 0;$/gm;
const COUNT = /errors ignored on restore: (\d+)/;

/** Whether pg_restore is so much newer than the server that one refused setting belongs to every connection of it. */
export async function isTooNewFor(
  { major }: Pick<Programs, 'major'>,
  into: ConnectionParameters,
  context: Context,
): Promise<boolean> {
  if (major < SETTING_SINCE) return false;
  const { rows } = await withSession(into, context, (client) =>
    client.query<{ version: number }>(`SELECT current_setting('server_version_num')::int AS version`),
  );
  return rows[0]!.version < SETTING_SINCE * 10_000;
}

/**
 * Whether the refused setting was all that failed in a run that was not to end at the first error. Pure; `said` is what
 * pg_restore wrote to standard error, its end at least.
 */
export function failedBySettingOnly(said: string): boolean {
  const [, count] = COUNT.exec(said) ?? [];
  return count !== undefined && Number(count) === (said.match(REFUSED)?.length ?? 0);
}
