import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';
import type { ConnectionParameters } from '@atriz/database/workspace';
import type pg from 'pg';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

/** What a connection is to its client: the server's own, lent until it ends, or lent for one transaction at a time. */
export type Pooling = 'none' | 'session' | 'transaction';

/** How long the second connection may wait for its first answer: a pooler in session mode may have no more to lend. */
const PATIENCE_MS = 2000;
/** In the n-th of these rounds the second connection asks n times, so that no round-robin of two keeps step with it. */
const ROUNDS = 5;

/**
 * Finds out whether a pooler stands between `client` and the server, and in which mode. Writes nothing, sets nothing,
 * locks nothing.
 *
 * The protocol tells a client the process that serves it (BackendKeyData), for cancelling. A pooler cannot know that
 * when the client connects, so PgBouncer, pgcat, Odyssey and Supavisor invent one; `pg_backend_pid()` is the server's
 * own answer. Where the two agree that is all, one query. Where they differ a second connection is opened: in
 * transaction mode it is lent the server connection that served `client`, although that is still there, or `client`
 * itself is moved to another; in session mode neither can happen.
 */
export async function detectPooling(client: pg.Client, parameters: ConnectionParameters): Promise<Pooling> {
  const first = await backendOf(client);
  if (first === (client as unknown as { readonly processID: number | null }).processID) return 'none';
  const isShared = await withSession(parameters, {}, (other) => sharesBackend(client, other, first));
  if (isShared) return 'transaction';
  // It is the client's until it leaves. An interruption shall end this process, not the number that the pooler made up.
  Object.assign(client, { processID: first });
  return 'session';
}

/**
 * Refuses a connection on which a session's lock would not stay ours. To be called before anything is written.
 * Throws `POOLER_IN_THE_WAY`, whose hint names the definition's direct variable.
 */
export async function refusePooler(client: pg.Client, target: Target): Promise<void> {
  if ((await detectPooling(client, target.parameters)) !== 'transaction') return;
  const { parameters, settings } = target;
  const [setting] = settings;
  const source = setting ? `, named by ${setting.variable} of ${setting.from},` : '';
  throw new AtrizError(
    'POOLER_IN_THE_WAY',
    `"${parameters.database}" on ${parameters.host}:${parameters.port}${source} is behind a pooler that lends its ` +
      'connections for one transaction at a time: the lock that keeps other migrators away would be left there',
    { hint: wayRound(target) },
  );
}

/** Whether `client` and `other` are served by the same backend, or `client` by more than one. */
async function sharesBackend(client: pg.Client, other: pg.Client, first: number): Promise<boolean> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (let question = 1; question <= round; question += 1) {
      const answer = await patiently(backendOf(other));
      if (answer === first) return true;
      // Nothing is lent to the other while `client` is there; or the pool is exhausted, and then `client` is moved.
      if (answer === undefined) return (await backendOf(client)) !== first;
    }
    if ((await backendOf(client)) !== first) return true;
  }
  return false;
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]!.pid;
}

/** The answer, or `undefined` when none came in time; the connection that was asked is closed by its session. */
async function patiently(answer: Promise<number>): Promise<number | undefined> {
  answer.catch(() => undefined);
  const patience = new AbortController();
  const bored = wait(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
  try {
    return await Promise.race([answer, bored]);
  } finally {
    patience.abort();
  }
}

function wayRound({ database, settings }: Target): string {
  const { directUrlVariable, urlVariable, owner } = database;
  if (directUrlVariable === undefined) {
    return `give the definition of ${owner} a directUrlVariable, and name the server itself there`;
  }
  if (settings[0]?.variable === directUrlVariable) return `let ${directUrlVariable} name the server itself`;
  return `name the server itself in ${directUrlVariable}; the application keeps ${urlVariable}`;
}
