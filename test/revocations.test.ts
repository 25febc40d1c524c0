import { randomUUID } from 'node:crypto';
import { createDatabasePool } from '@atriz/database';
import { createTestDatabase } from '@atriz/testing';
import { describe, expect, test, vi } from 'vitest';
import { followRevocations, sharedDatabase } from '../packages/core/src/index.ts';
import { PGBOUNCER, startPgBouncer } from './harness/pgbouncer.ts';
import { openTestServer } from './harness/server.ts';

describe.skipIf(PGBOUNCER === undefined)('behind PgBouncer in transaction mode (apt-get install pgbouncer),', () => {
  test('revocations are found, and other work of the pooler is not disturbed', async () => {
    const server = await openTestServer();
    await using database = await createTestDatabase(sharedDatabase, {
      directory: new URL('../packages/core', import.meta.url),
    });
    await using bouncer = await startPgBouncer(server, { mode: 'transaction', poolSize: 2 });
    const connectionString = bouncer.url(database.name);
    await using direct = createDatabasePool({ connectionString: database.connectionString });
    await using listening = createDatabasePool({ connectionString, max: 1 });
    await using others = createDatabasePool({ connectionString, max: 5 });
    await using revocations = await followRevocations({ pool: listening, pollMs: 100 });
    const users = Array.from({ length: 20 }, () => randomUUID());
    const work = Promise.all(
      users.map(async (user) => {
        await direct.query('INSERT INTO token_revocations (subject_id, least_version) VALUES ($1, 9)', [user]);
        return (await others.query<{ user: string }>('SELECT $1 AS user', [user])).rows[0]!.user;
      }),
    );
    expect(await work).toStrictEqual(users);
    await vi.waitFor(() => {
      const unheard = users.filter((userId) => !revocations.isRevoked({ userId, sessionId: randomUUID(), version: 8 }));
      expect(unheard).toStrictEqual([]);
    });
    expect(revocations.state().following).toBe(true);
  });
});
