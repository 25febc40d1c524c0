import { checkHealth, createDatabasePool, toConnectionError, type DatabasePoolOptions } from '@atriz/database';
import { runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';

/** Asks each database one thing, by the way that its application goes, through a pooler if there is one, and tells how long the answer took. */
export function health(invocation: Invocation): Promise<number> {
  const databases = invocation.databases.map((database) => ({ ...database, dependsOn: [] }));
  return runFamilyCommand(
    { ...invocation, databases, open: (database) => invocation.open(database, { direct: false }) },
    {
      work: async ({ parameters }) => {
        await using db = createDatabasePool({ ...parameters, max: 1 } as DatabasePoolOptions);
        const result = await checkHealth(db.pool);
        if (result.connected) return result;
        throw toConnectionError(result.error, parameters);
      },
      describe: ({ serverVersion, latencyMs }) =>
        `PostgreSQL ${serverVersion.split(' ')[0]}, ${latencyMs.toFixed(1)} ms`,
    },
  );
}
