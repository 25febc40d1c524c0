import { AtrizError } from '@atriz/database';
import { withSession, type Context, type Target } from '@atriz/lifecycle';
import type pg from 'pg';
import type { SnapshotSession } from '../engines/engine.ts';
import type { Manifest, ManifestServer } from '../manifest/manifest.ts';
import { becomeReader } from './reader-role.ts';
import { toLostSession } from './lost-session.ts';
import { readServerFacts, type ServerFacts } from './server-facts.ts';
import { isGone, lockStatement, toLockError } from './table-locks.ts';

/** How long to look for a moment at which all databases of a server have the same snapshot, in milliseconds. */
const PATIENCE_MS = 10_000;
/** How long a backup waits for a table that is being altered, when the caller names no other time. */
export const LOCK_WAIT_MS = 60_000;

export interface CommonSnapshotOptions {
  readonly context: Context;
  /** Where no common snapshot is found in time, take one a database. Default: `BACKUP_INCONSISTENT`. */
  readonly perDatabase: boolean;
  /** How long to look for a common one. Default 10,000 ms; 0 looks once. */
  readonly patienceMs?: number;
}

/** A session of our own, which can be ended while it is at work. */
export interface HeldSession extends SnapshotSession {
  readonly client: pg.Client;
}

/** What the work is given. */
export interface Snapshots {
  /** In the order of the targets. */
  readonly sessions: readonly HeldSession[];
  readonly consistency: Manifest['consistency'];
  /** In the order of their first database. */
  readonly servers: readonly ManifestServer[];
  /** How often all databases of a server were asked, at most, until their snapshots were the same. */
  readonly tries: number;
}

/**
 * Opens a session a database, all of one server at the same snapshot, and runs `work` while they hold it.
 *
 * A snapshot says which transactions of the whole server are visible, so where the texts of `pg_current_snapshot()` are
 * the same in several databases, nothing was committed between them: what was committed in one database before something
 * in another is there whenever the latter is. That is consistency in commit order. It is not a transaction over
 * databases: an application that writes to two of them and has committed to one only is seen like that.
 * Databases on several servers are consistent within each.
 *
 * All tables are locked before the snapshot is taken, as weakly as a SELECT does: a table that is truncated or rewritten
 * later would be empty to an older snapshot. So migrations, and whatever waits behind them, wait for the work to end.
 * Sessions are the backup role's where the login may become it, without time limits, and end with the work.
 *
 * Throws `BACKUP_INCONSISTENT`, `LOCK_TIMEOUT` (a table is being altered; `context.lockWaitMs`, by default 60,000),
 * `PERMISSION_DENIED`, `INTERRUPTED`, `CONNECTION_LOST`, connection errors, and what `work` throws.
 */
export async function withCommonSnapshot<Result>(
  targets: readonly Target[],
  { context, perDatabase, patienceMs = PATIENCE_MS }: CommonSnapshotOptions,
  work: (snapshots: Snapshots) => Promise<Result>,
): Promise<Result> {
  try {
    return await withMembers(targets, context, (members) =>
      snapshotOf(members, { targets, perDatabase, patienceMs, context }, work),
    );
  } catch (error) {
    throw toLostSession(error, targets.map(({ parameters }) => parameters.database).join(', '));
  }
}

interface SnapshotOptions extends Required<CommonSnapshotOptions> {
  readonly targets: readonly Target[];
}

async function snapshotOf<Result>(
  members: readonly Member[],
  { targets, perDatabase, patienceMs, context }: SnapshotOptions,
  work: (snapshots: Snapshots) => Promise<Result>,
): Promise<Result> {
  const keys = [...new Set(members.map(({ facts }) => facts.key))];
  const groups = keys.map((key) => members.filter(({ facts }) => facts.key === key));
  const agreed = await Promise.all(
    groups.map((group, server) => agree(group, { server, perDatabase, patienceMs, now: context.now ?? Date.now })),
  );
  const sessions = agreed.flatMap((each) => each.sessions);
  const common = agreed.every((each) => each.common);
  return work({
    sessions: targets.map((target) => sessions.find((each) => each.target === target)!),
    consistency: common ? (groups.length > 1 ? 'per-server' : 'snapshot') : 'per-database',
    servers: groups.map(([first]) => {
      const { key: _, ...server } = first!.facts;
      return server;
    }),
    tries: Math.max(...agreed.map((each) => each.tries)),
  });
}

interface Member {
  readonly target: Target;
  readonly client: pg.Client;
  readonly facts: ServerFacts;
}

/** Nothing may end a session that waits while others work: neither the server's limits nor a network's forgetting. */
function settingsOf({ lockWaitMs = LOCK_WAIT_MS }: Context, version: number): string {
  const limits = ['statement_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout'];
  if (version >= 170000) limits.push('transaction_timeout');
  const off = limits.map((name) => `SET ${name} = 0`);
  return [...off, `SET lock_timeout = ${lockWaitMs}`, 'SET tcp_keepalives_idle = 60'].join('; ');
}

/** One session within the other, so that each is closed whatever happens to the rest. */
function withMembers<Result>(
  [target, ...rest]: readonly Target[],
  context: Context,
  work: (members: readonly Member[]) => Promise<Result>,
): Promise<Result> {
  if (target === undefined) return work([]);
  return withSession(target.parameters, context, async (client) => {
    const facts = await readServerFacts(client);
    await client.query(settingsOf(context, facts.version));
    await becomeReader(client);
    return withMembers(rest, context, (others) => work([{ target, client, facts }, ...others]));
  });
}

interface AgreeOptions {
  readonly server: number;
  readonly perDatabase: boolean;
  readonly patienceMs: number;
  readonly now: () => number;
}

interface Agreement {
  readonly sessions: readonly HeldSession[];
  readonly common: boolean;
  readonly tries: number;
}

async function agree(members: readonly Member[], options: AgreeOptions): Promise<Agreement> {
  const { server, perDatabase, patienceMs, now } = options;
  const deadline = performance.now() + patienceMs;
  let statements = await listTables(members);
  for (let tries = 1; ; tries += 1) {
    const locked = await lockAll(members, statements);
    const isLast = performance.now() >= deadline;
    if (locked) {
      const takenAt = new Date(now());
      const snapshots = await Promise.all(members.map(({ client }) => takeSnapshot(client)));
      const common = new Set(snapshots).size === 1;
      if (common || (isLast && perDatabase)) {
        const sessions = members.map(({ target, client }, index) => ({
          target,
          client,
          snapshot: snapshots[index]!,
          takenAt,
          server,
        }));
        return { sessions, common, tries };
      }
    }
    await Promise.all(members.map(({ client }) => client.query('ROLLBACK')));
    if (isLast) throw inconsistent(members, tries, patienceMs);
    if (!locked) statements = await listTables(members);
  }
}

function listTables(members: readonly Member[]): Promise<string[]> {
  return Promise.all(members.map(({ client }) => lockStatement(client)));
}

/** LOCK takes no snapshot, so the one that follows is younger than all locks. False when a table is gone meanwhile. */
async function lockAll(members: readonly Member[], statements: readonly string[]): Promise<boolean> {
  const answers = await Promise.allSettled(members.map(({ client }, index) => client.query(statements[index]!)));
  const failures = answers.flatMap((answer, index) =>
    answer.status === 'rejected' ? [{ error: answer.reason as unknown, target: members[index]!.target }] : [],
  );
  const fatal = failures.find(({ error }) => !isGone(error));
  if (fatal) throw toLockError(fatal.error, fatal.target);
  return failures.length === 0;
}

async function takeSnapshot(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ snapshot: string }>('SELECT pg_current_snapshot()::text AS snapshot');
  return rows[0]!.snapshot;
}

function inconsistent(members: readonly Member[], tries: number, patienceMs: number): AtrizError {
  const names = members.map(({ target }) => target.parameters.database).join(', ');
  return new AtrizError(
    'BACKUP_INCONSISTENT',
    `no common snapshot of ${names} was found in ${tries} tries within ${patienceMs / 1000} s: transactions begin and end between any two of them`,
    { hint: 'try again at a quieter time, or take each database at a snapshot of its own: --per-database' },
  );
}
