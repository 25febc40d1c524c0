import type pg from 'pg';

export interface PoolFigures {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

export type Health =
  | { readonly connected: true; readonly latencyMs: number; readonly serverVersion: string; readonly pool: PoolFigures }
  | { readonly connected: false; readonly error: Error; readonly pool: PoolFigures };

/**
 * Asks the server one thing and says how long the answer took, in milliseconds, with the pool's figures.
 * Never rejects: a server that cannot be asked, or does not answer within `timeoutMs` (default 5,000), is an answer too.
 */
export async function checkHealth(
  pool: Pick<pg.Pool, 'query' | 'totalCount' | 'idleCount' | 'waitingCount'>,
  { timeoutMs = 5000 }: { readonly timeoutMs?: number } = {},
): Promise<Health> {
  const figures = (): PoolFigures => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount });
  const start = performance.now();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    const { rows } = await Promise.race([pool.query<{ server_version: string }>('SHOW server_version'), late]);
    const latencyMs = performance.now() - start;
    return { connected: true, latencyMs, serverVersion: rows[0]!.server_version, pool: figures() };
  } catch (error) {
    return { connected: false, error: error as Error, pool: figures() };
  } finally {
    clearTimeout(timer);
  }
}
