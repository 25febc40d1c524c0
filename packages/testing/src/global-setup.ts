import { defineDatabase } from '@atriz/database';
import {
  findWorkspaceRoot,
  formatConnectionString,
  readEnvironment,
  resolveConnection,
  type ConnectionParameters,
} from '@atriz/database/workspace';
import { TEST_SERVER_VARIABLE } from './test-server.ts';

/**
 * A global setup for Vitest: `globalSetup: ['@atriz/testing/vitest']`.
 *
 * With `ATRIZ_TEST_PROVIDER=testcontainers`, and a container engine that answers, one PostgreSQL container is started
 * for the whole run and removed after it. Otherwise, where the environment names no server, the embedded one is found
 * or started before the test files ask for it; one that was started for the run is stopped after it.
 */
export default async function setup(): Promise<(() => Promise<void>) | void> {
  if (process.env[TEST_SERVER_VARIABLE]) return;
  if (process.env['ATRIZ_TEST_PROVIDER'] === 'testcontainers') {
    const container = await startContainer();
    if (container) return share(container.parameters, container.stop);
    process.emitWarning(
      'no container engine answers; the tests use the server that the environment names, or the embedded one',
    );
  }
  const root = await findWorkspaceRoot(process.cwd());
  if (!(await usesEmbedded(root))) return;
  const { findServer, startServer, stopServer } = await import('@atriz/server');
  if (await findServer({ root })) return;
  await startServer({ root });
  return async () => void (await stopServer({ root }));
}

/** By the same rules as everything else, seen from the root: a package may still name a server of its own. */
async function usesEmbedded(root: string): Promise<boolean> {
  const environment = await readEnvironment(root, root, process.env);
  return resolveConnection(defineDatabase({ name: 'postgres' }), environment).provider === 'embedded';
}

/** Vitest's workers inherit the variables that its global setup leaves. */
function share(parameters: ConnectionParameters, stop: () => Promise<void>): () => Promise<void> {
  process.env[TEST_SERVER_VARIABLE] = formatConnectionString(parameters);
  return stop;
}

async function startContainer(): Promise<
  { readonly parameters: ConnectionParameters; readonly stop: () => Promise<void> } | undefined
> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  try {
    await getContainerRuntimeClient();
  } catch {
    return undefined; // the documented way to learn that no engine answers
  }
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const image = process.env['TESTCONTAINERS_POSTGRES_IMAGE'] || 'postgres:18-alpine';
  const container = await new PostgreSqlContainer(image).withCommand(['postgres', '-c', 'fsync=off']).start();
  return {
    parameters: {
      host: container.getHost(),
      port: container.getPort(),
      user: container.getUsername(),
      password: container.getPassword(),
      database: 'postgres',
      ssl: false,
    },
    stop: async () => void (await container.stop()),
  };
}
