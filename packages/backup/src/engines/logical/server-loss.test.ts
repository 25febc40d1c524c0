import { expect, test } from 'vitest';
import { DEBIAN_PROGRAMS, HAS_DEBIAN_SERVER, startDebianServer } from '../../../test/debian-server.ts';
import { openTestFamily } from '../../../test/family.ts';
import { createMemorySet } from '../../../test/memory-set.ts';
import { createLogicalEngine } from './engine.ts';

const engine = createLogicalEngine({ programs: DEBIAN_PROGRAMS, partBytes: 8192 });

test.skipIf(!HAS_DEBIAN_SERVER)(
  'a server that dies while it is backed up fails that with a reason, whoever notices first',
  async () => {
    await using server = await startDebianServer();
    await using family = await openTestFamily({ server: server.parameters, people: 200 });
    const targets = Object.values(family.names).map((name) => family.target(name));
    const options = { context: {}, jobs: 2, perDatabase: false };
    const outcomes = [];
    for (const killAt of [1, 3, 6, 9]) {
      const { sink } = createMemorySet();
      let calls = 0;
      const killing = {
        ...sink,
        store: async (...call: Parameters<typeof sink.store>) => {
          calls += 1;
          if (calls === killAt) await server.kill();
          return sink.store(...call);
        },
      };
      const failure = await engine
        .backUp(targets, killing, options)
        .catch((error: unknown) => error as { code?: string });
      outcomes.push('code' in failure ? failure.code : 'backed up');
      await server.restart();
    }
    for (const outcome of outcomes)
      expect(outcome).toMatch(/^(CLIENT_TOOL_FAILED|CONNECTION_LOST|SERVER_UNREACHABLE)$/);
  },
);
