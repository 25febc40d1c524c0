import type { PartitionMaker } from '@atriz/database';
import { parseTable } from '@atriz/database/workspace';
import pg from 'pg';
import { qualified } from '../identifiers.ts';

/** The function's owner, where somebody else asks who may become it. */
const FIND_OWNER = `
SELECT pg_get_userbyid(proowner) AS owner FROM pg_proc
 WHERE oid = to_regprocedure($1) AND proowner <> current_user::regrole AND pg_has_role(proowner, 'MEMBER')`;

/**
 * Has the partitions from this month (in UTC) on made that are not there yet; resolves to how many it were. They belong
 * to whom the function belongs to, as the migrations' tables do, whoever runs this.
 */
export async function makePartitions(
  client: pg.ClientBase,
  { function: name, months }: PartitionMaker,
): Promise<number> {
  const maker = qualified(...parseTable(name));
  const { rows: owners } = await client.query<{ owner: string }>(FIND_OWNER, [`${maker}(date, integer)`]);
  const become = owners[0] ? `; SET LOCAL ROLE ${pg.escapeIdentifier(owners[0].owner)}` : '';
  await client.query(`BEGIN${become}`);
  try {
    const { rows } = await client.query<{ created: number }>(
      `SELECT ${maker}((now() AT TIME ZONE 'UTC')::date, $1::integer) AS created`,
      [months],
    );
    await client.query('COMMIT');
    return rows[0]!.created;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // fails where the connection is gone
    throw error;
  }
}
