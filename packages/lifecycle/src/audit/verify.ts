import { AtrizError, sqlState } from '@atriz/database';
import { parseTable } from '@atriz/database/workspace';
import type pg from 'pg';
import type { Context } from '../context.ts';
import { qualified } from '../identifiers.ts';
import { requireIdentity } from '../ledger/required-identity.ts';
import { withReadOnly } from '../read-only.ts';
import { withSession } from '../session.ts';
import type { Target } from '../target.ts';
import { findBreak, findBrokenEnd, keepLink, type KeptLink, type Link } from './chain.ts';
import { NO_HASH, type Entry } from './entry.ts';

export interface VerifyAuditOptions {
  /** A link that was kept elsewhere and must be in the chain: it shows a log that was written anew as a whole. */
  readonly expected?: Link | undefined;
}

/** A log whose rows are all there, and as they were written. */
export interface AuditReport {
  readonly rows: number;
  /** The oldest row; more than 1 where older ones were dropped. Absent from an empty log. */
  readonly first?: { readonly id: number; readonly occurredAt: string };
  /** The end of the chain, to be kept elsewhere. */
  readonly head: Link;
}

interface Name {
  readonly schema: string;
  readonly table: string;
}

const PAGE_ROWS = 5000;
const PROGRESS_ROWS = 100_000;
const NO_SUCH_TABLE = '42P01';
const SETTINGS = 'SET row_security = off; SET statement_timeout = 0; SET jit = off';

/**
 * Reads the whole audit log that the definition declares, in order and as it is at one moment, and makes sure that
 * each row is what was written, follows the one before it, and that none is missing at the end. Hashes are computed
 * here: the database's own functions are not trusted.
 *
 * A log that somebody with the rights of its owner wrote anew from some row on, head included, shows only beside a
 * link that was kept elsewhere: `expected`. Oldest rows that are gone are no break, since partitions may be dropped.
 *
 * Throws `AUDIT_BROKEN` with the first break, `NOT_MIGRATED`, `IDENTITY_MISMATCH` and connection errors. Writes nothing.
 */
export async function verifyAudit(
  target: Target,
  { expected }: VerifyAuditOptions = {},
  context: Context = {},
): Promise<AuditReport> {
  const { audit, name } = target.database;
  if (!audit) throw new AtrizError('ARGUMENT_INVALID', `"${name}" declares no audit log`);
  const [schema, table] = parseTable(audit.table);
  const kept = expected && keepLink(expected);
  return withSession(target.parameters, context, async (client) => {
    await client.query(SETTINGS);
    await requireIdentity(client, target);
    return withReadOnly(client, (reader) => readChain(reader, { schema, table }, { kept, context })).catch(
      (error: unknown) => {
        throw sqlState(error) === NO_SUCH_TABLE ? noLog(target, audit.table, error) : error;
      },
    );
  });
}

async function readChain(
  client: pg.ClientBase,
  name: Name,
  { kept, context }: { readonly kept: KeptLink | undefined; readonly context: Context },
): Promise<AuditReport> {
  const head = await readHead(client, name);
  let last: Link | undefined;
  let first: AuditReport['first'];
  let rows = 0;
  for await (const page of readPages(client, name)) {
    for (const entry of page) {
      refuse(findBreak(entry, last) ?? kept?.compare(entry), name);
      last = { id: Number(entry.id), hash: entry.hash };
      first ??= { id: last.id, occurredAt: entry.occurredAt };
      rows += 1;
      if (rows % PROGRESS_ROWS === 0) context.onProgress?.(`${rows} rows of ${name.table} are as they were written`);
    }
  }
  refuse(findBrokenEnd(last, head) ?? kept?.finish(last), name);
  return { rows, ...(first && { first }), head: last ?? { id: 0, hash: NO_HASH } };
}

/** The log in the order of its chain, some rows at a time; the next are asked for while the caller looks at these. */
async function* readPages(client: pg.ClientBase, { schema, table }: Name): AsyncGenerator<readonly Entry[]> {
  await client.query(
    `DECLARE audit NO SCROLL CURSOR FOR
     SELECT id::text, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "occurredAt", action,
            coalesce(actor_id::text, '') AS "actorId", coalesce(user_id::text, '') AS "userId", details::text,
            encode(previous_hash, 'hex') AS "previousHash", encode(hash, 'hex') AS hash
       FROM ${qualified(schema, table)} AS log ORDER BY log.id, log.occurred_at`,
  );
  const fetch = (): Promise<pg.QueryResult<Entry>> => {
    const fetched = client.query<Entry>(`FETCH ${PAGE_ROWS} FROM audit`);
    fetched.catch(() => undefined); // thrown where it is waited for, unless a break ends the reading first
    return fetched;
  };
  for (let next = fetch(); ;) {
    const { rows } = await next;
    if (rows.length === 0) return;
    next = fetch();
    yield rows;
  }
}

async function readHead(client: pg.ClientBase, { schema, table }: Name): Promise<Link | undefined> {
  const { rows } = await client.query<Link>(
    `SELECT id::float8 AS id, encode(hash, 'hex') AS hash FROM ${qualified(schema, `${table}_head`)}`,
  );
  return rows[0];
}

function refuse(fault: string | undefined, { table }: Name): void {
  if (fault === undefined) return;
  throw new AtrizError('AUDIT_BROKEN', `${table} was tampered with: ${fault}`, {
    hint: 'find out who can write to the database as its owner, and compare the log with that of a backup',
  });
}

function noLog({ parameters }: Target, table: string, cause: unknown): AtrizError {
  return new AtrizError('NOT_MIGRATED', `"${parameters.database}" has no ${table}, or no ${table}_head`, {
    hint: 'migrate it first: pnpm db:migrate',
    cause,
  });
}
