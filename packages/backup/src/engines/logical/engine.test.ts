import { afterAll, beforeAll, describe } from 'vitest';
import {
  DEBIAN_PROGRAMS,
  HAS_DEBIAN_SERVER,
  startDebianServer,
  type DebianServer,
} from '../../../test/debian-server.ts';
import { testEngine } from '../../../test/engine-contract.ts';
import { createLogicalEngine } from './engine.ts';

describe.skipIf(!HAS_DEBIAN_SERVER)('the logical engine on PostgreSQL 15', () => {
  let server: DebianServer;
  beforeAll(async () => {
    server = await startDebianServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  // So small that tables of a test are parts of their own.
  testEngine(() => createLogicalEngine({ programs: DEBIAN_PROGRAMS, partBytes: 16 * 1024 }), {
    server: () => server.parameters,
  });
});
