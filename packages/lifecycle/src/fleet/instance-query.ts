import { AtrizError, sqlState } from '@atriz/database';
import type { InstanceEntry } from '@atriz/database/workspace';
import type { Context } from '../context.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';

/** The query's columns, and the fields of an instance that they are. */
const FIELDS: Readonly<Record<string, string>> = {
  name: 'name',
  database: 'database',
  host: 'host',
  port: 'port',
  url_variable: 'urlVariable',
};

const NOT_THERE_YET = new Set(['42P01', '3F000']); // no such table, no such schema

/** Asks the query of a fleet, in a transaction that may only read. Its columns must be those that `FIELDS` names. */
export async function queryInstances(target: Target, query: string, context: Context): Promise<InstanceEntry[]> {
  const { fields, rows } = await withSession(target.parameters, context, async (client) => {
    await client.query('BEGIN READ ONLY');
    try {
      return await client.query<Record<string, unknown>>(query);
    } catch (cause) {
      const code = NOT_THERE_YET.has(sqlState(cause)) ? 'NOT_MIGRATED' : 'INSTANCES_INVALID';
      throw new AtrizError(code, `${placeOf(target)}: ${(cause as Error).message}`, {
        hint:
          code === 'NOT_MIGRATED'
            ? `migrate it first: pnpm exec atriz migrate --database ${target.database.name}`
            : 'correct the query in database.config.ts',
        cause,
      });
    }
  });
  const columns = (fields ?? []).map(({ name }) => name); // several statements give an array, which has no fields
  const strange = columns.filter((name) => FIELDS[name] === undefined);
  if (!columns.includes('name') || strange.length > 0) {
    const known = Object.keys(FIELDS).join(', ');
    throw new AtrizError(
      'INSTANCES_INVALID',
      `${placeOf(target)} yields the columns ${columns.join(', ') || '(none)'}; they may be ${known}, and name must be there`,
      { hint: 'name them in the query: SELECT … AS name' },
    );
  }
  return rows.map((row, index) => ({ value: toInstance(row), place: `row ${index + 1}` }));
}

function placeOf({ parameters }: Target): string {
  return `the query for instances, in "${parameters.database}",`;
}

function toInstance(row: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([column, value]) => [FIELDS[column], value]));
}
