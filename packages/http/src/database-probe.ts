import { checkHealth, readMigrationStatus, type MigrationStatus, type ServedDatabase } from '@atriz/database';

/** What `GET /health/database` tells of one database. */
export interface DatabaseHealth {
  readonly name: string;
  readonly provider: 'postgresql' | 'embedded';
  readonly connected: boolean;
  /** Null where it is not connected. */
  readonly latencyMs: number | null;
  /** Null where it could not be asked. */
  readonly migrations: MigrationStatus | null;
  readonly pool: { readonly total: number; readonly idle: number; readonly waiting: number };
}

export interface ProbeOptions {
  /** How long the database has for its answer. Default 2,000. */
  readonly timeoutMs?: number | undefined;
  /** How long an answer counts: probers cannot load the database. Default 1,000. */
  readonly keptMs?: number | undefined;
  /** The same for the migrations. Default 10,000. */
  readonly migrationsKeptMs?: number | undefined;
}

export interface DatabaseProbe {
  /** Resolves within the timeout, whatever becomes of the database. */
  readonly read: () => Promise<DatabaseHealth>;
}

/**
 * Asks after a database, one question at a time: one that waits for its answer, as where the pool is exhausted or the
 * network silent, is not followed by others.
 */
export function createDatabaseProbe(
  { definition, directory, db, provider = 'postgresql' }: ServedDatabase,
  { timeoutMs = 2000, keptMs = 1000, migrationsKeptMs = 10_000 }: ProbeOptions = {},
): DatabaseProbe {
  const { pool } = db;
  const asked = {
    query: oneAtATime((text: string) => pool.query(text)) as typeof pool.query,
    get totalCount() {
      return pool.totalCount;
    },
    get idleCount() {
      return pool.idleCount;
    },
    get waitingCount() {
      return pool.waitingCount;
    },
  };
  const askStatus = oneAtATime(() => readMigrationStatus(pool, definition, { directory }));
  const readStatus = kept(migrationsKeptMs, async () => {
    const status = await within(timeoutMs, askStatus());
    return { value: status, isFinal: status !== null };
  });
  const read = kept(keptMs, async () => {
    const health = await checkHealth(asked, { timeoutMs });
    const value: DatabaseHealth = {
      name: definition.name,
      provider,
      connected: health.connected,
      latencyMs: health.connected ? Math.round(health.latencyMs * 100) / 100 : null,
      migrations: health.connected ? await readStatus() : null,
      pool: health.pool,
    };
    return { value, isFinal: true };
  });
  return { read };
}

/** Whoever asks while a question is under way waits for its answer. */
function oneAtATime<Arguments extends readonly unknown[], Answer>(
  ask: (...args: Arguments) => Promise<Answer>,
): (...args: Arguments) => Promise<Answer> {
  let pending: Promise<Answer> | undefined;
  return (...args) =>
    (pending ??= ask(...args).finally(() => {
      pending = undefined;
    }));
}

/** Gives the last answer again while it is young; one that is not final is not kept. */
function kept<Answer>(
  keptMs: number,
  ask: () => Promise<{ readonly value: Answer; readonly isFinal: boolean }>,
): () => Promise<Answer> {
  let last: { readonly at: number; readonly value: Answer } | undefined;
  const renew = oneAtATime(async () => {
    const { value, isFinal } = await ask();
    last = isFinal ? { at: performance.now(), value } : undefined;
    return value;
  });
  return async () => (last !== undefined && performance.now() - last.at < keptMs ? last.value : renew());
}

async function within<Answer>(timeoutMs: number, answer: Promise<Answer>): Promise<Answer | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), timeoutMs);
  try {
    return await Promise.race([answer, late]);
  } catch {
    return null; // what hinders it is told by the connection, or by the migrations' being unknown
  } finally {
    clearTimeout(timer);
  }
}
