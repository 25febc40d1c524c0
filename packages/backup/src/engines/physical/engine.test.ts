import { startEphemeralServer, type EphemeralServer } from '@atriz/server';
import type { ConnectionParameters } from '@atriz/database/workspace';
import { afterAll, beforeAll, describe } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../../test/debian-server.ts';
import { testEngine } from '../../../test/engine-contract.ts';
import { createPhysicalEngine } from './engine.ts';

describe('on the embedded server', () => {
  let server: EphemeralServer | undefined;
  beforeAll(async () => void (server = await startEphemeralServer()));
  afterAll(() => server?.stop());
  const parameters = (): ConnectionParameters => {
    const { host, port, user, password } = server!;
    return { host, port, user, password, database: 'postgres', ssl: undefined };
  };
  testEngine(createPhysicalEngine, { server: parameters });
});

describe.skipIf(!HAS_DEBIAN_SERVER)('on a PostgreSQL 15 of Debian', () => {
  let server: DebianServer | undefined;
  beforeAll(async () => void (server = await startDebianServer()));
  afterAll(() => server?.[Symbol.asyncDispose]());
  testEngine(createPhysicalEngine, { server: () => server!.parameters });
});
