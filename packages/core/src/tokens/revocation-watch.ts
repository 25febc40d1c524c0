import type { DatabasePool } from '@atriz/database';
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { REVOCATION_SECONDS, type Revocation } from './revocation-list.ts';

export interface RevocationWatch {
  readonly pool: DatabasePool;
  readonly pollMs: number;
  readonly signal: AbortSignal;
  /** Called with all that are in the table at first and at every poll, and with those that a notification was about. */
  readonly onRead: (revocations: readonly Revocation[]) => void;
}

const CHANNEL = 'token_revocations';

/** A server that answers nothing for so long is as good as gone. */
const ANSWER_MS = 10_000;

/** In the place of a subject, where a notification does not say which. */
const EVERY = '';

/** With more than that to ask for one by one, the whole table is read. */
const MOST_SUBJECTS = 500;

const COLUMNS = `subject_id AS "subjectId", least_version::float8 AS "leastVersion"`;
const ALL = `SELECT ${COLUMNS} FROM token_revocations WHERE revoked_at > now() - make_interval(secs => $1)`;
const SOME = `SELECT ${COLUMNS} FROM token_revocations WHERE subject_id = ANY ($1::uuid[])`;

/**
 * Reads `token_revocations` whenever it has changed, on one connection, until that is lost or `signal` ends it: rejects
 * in either case. What a notification says is only where to look: whoever may connect may send one.
 */
export async function watchRevocations({ pool, pollMs, signal, onRead }: RevocationWatch): Promise<never> {
  const end = Promise.withResolvers<never>();
  const onAbort = (): void => end.reject(signal.reason);
  // Whoever waits for nothing at the moment must not be told by an unhandled rejection.
  end.promise.catch(ignore);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    await using connection = await connect(pool, end.promise);
    return await watch(connection.client, { pollMs, onRead, end });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function watch(
  client: pg.PoolClient,
  { pollMs, onRead, end }: Pick<RevocationWatch, 'pollMs' | 'onRead'> & { readonly end: PromiseWithResolvers<never> },
): Promise<never> {
  const ask = (text: string, values: readonly unknown[] = []): Promise<pg.QueryResult<Revocation>> => {
    // pg knows query_timeout for one query too; its types know it for the connection only.
    const query = { text, values: [...values], query_timeout: ANSWER_MS };
    return Promise.race([client.query<Revocation>(query), end.promise]);
  };
  let changed = Promise.withResolvers<void>();
  let subjects = new Set<string>();

  client.on('error', end.reject);
  client.on('end', () => end.reject(new Error('the connection was closed')));
  client.on('notification', ({ payload }) => {
    subjects.add(subjectOf(payload) ?? EVERY);
    changed.resolve();
  });
  await ask(`LISTEN ${CHANNEL}`);
  for (let readAllAt = 0; ;) {
    const asked = subjects;
    const all = asked.has(EVERY) || asked.size > MOST_SUBJECTS || performance.now() >= readAllAt;
    subjects = new Set();
    changed = Promise.withResolvers();
    if (all) readAllAt = performance.now() + pollMs;
    const { rows } = await (all ? ask(ALL, [REVOCATION_SECONDS]) : ask(SOME, [[...asked]]));
    onRead(rows);
    await firstOf([changed.promise, end.promise], Math.max(0, readAllAt - performance.now()));
  }
}

/** A connection of its own, closed at the end and not given back: it listens. */
async function connect(
  { pool }: DatabasePool,
  end: Promise<never>,
): Promise<AsyncDisposable & { readonly client: pg.PoolClient }> {
  const connecting = pool.connect();
  try {
    const client = await Promise.race([connecting, end]);
    return { client, [Symbol.asyncDispose]: async () => client.release(true) };
  } catch (error) {
    void connecting.then((client) => client.release(), ignore);
    throw error;
  }
}

/** Waits for one of `events`, or for so long. Rejects when the first of them does. */
async function firstOf(events: readonly Promise<void>[], ms: number): Promise<void> {
  const timer = new AbortController();
  const silence = wait(ms, undefined, { signal: timer.signal, ref: false });
  silence.catch(ignore);
  try {
    await Promise.race([silence, ...events]);
  } finally {
    timer.abort();
  }
}

function subjectOf(payload: string | undefined): string | undefined {
  try {
    const { subjectId } = JSON.parse(payload ?? '') as { readonly subjectId?: unknown };
    return typeof subjectId === 'string' && /^[0-9a-f-]{36}$/.test(subjectId) ? subjectId : undefined;
  } catch {
    return undefined;
  }
}

function ignore(): void {}
