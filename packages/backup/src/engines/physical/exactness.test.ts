import { withSession, type Target } from '@atriz/lifecycle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../../test/family.ts';
import { createMemorySet } from '../../../test/memory-set.ts';
import type { ManifestDatabase } from '../../manifest/manifest.ts';
import { compareWithManifest } from '../../proof/compare.ts';
import { describeDatabase } from '../../proof/fingerprint.ts';
import { createPhysicalEngine } from './engine.ts';

const SETS = 5;
const WRITERS = 8;

describe.skipIf(!HAS_DEBIAN_SERVER)('while eight sessions commit all the time, over two databases', () => {
  let server: DebianServer;
  // Commits that wait for the disk are in the log for longer before others see them.
  beforeAll(async () => void (server = await startDebianServer({ settings: { fsync: 'on', commit_delay: '500' } })));
  afterAll(() => server?.[Symbol.asyncDispose]());

  test(
    `${SETS} sets in a row hold exactly the rows that their manifests say, and no orphan`,
    { timeout: 300_000 },
    async () => {
      await using family = await openTestFamily({ server: server.parameters, people: 50 });
      const targets = [family.names.people, family.names.shops].map((name) => family.target(name));
      const found: { tries: number; ms: number }[] = [];
      const differences: string[] = [];
      let commits = 0;
      let orphans = 0;
      for (let round = 0; round < SETS; round += 1) {
        const set = createMemorySet();
        const described: ManifestDatabase[] = [];
        const sink = {
          store: set.sink.store,
          async describe(session: Parameters<typeof set.sink.describe>[0]) {
            described.push(await describeDatabase(session));
          },
        };
        const writers = startWriters(family);
        const onProgress = (line: string): void => {
          const [, tries, ms] = /try (\d+) after (\d+) ms/.exec(line) ?? [];
          if (tries) found.push({ tries: Number(tries), ms: Number(ms) });
        };
        const captured = await createPhysicalEngine()
          .backUp(targets, sink, { context: { onProgress }, jobs: 2, perDatabase: false })
          .finally(async () => void (commits += await writers.stop()));
        const reader = set.reader(captured, 'physical');
        const withDatabases = { ...reader, manifest: { ...reader.manifest, databases: described } };
        await using restored = await createPhysicalEngine().restoreScratch(withDatabases, targets, {
          context: {},
          jobs: 2,
        });
        for (const database of described) {
          const target = restored.targets.get(database.name)!;
          for (const { message } of await compareWithManifest(target, database, {})) differences.push(message);
        }
        orphans += await countOrphans(
          restored.targets.get(family.names.people)!,
          restored.targets.get(family.names.shops)!,
        );
      }
      expect(differences).toEqual([]);
      expect(orphans).toBe(0);
      expect(found).toHaveLength(SETS);
      const tries = found.map((each) => each.tries).toSorted((one, other) => one - other);
      const ms = found.map((each) => each.ms).toSorted((one, other) => one - other);
      console.info(
        `${SETS} sets under ${commits} commits: 0 differences, 0 orphans; tries median ${tries[SETS >> 1]}, most ${tries.at(-1)}; ms median ${ms[SETS >> 1]}, most ${ms.at(-1)}`,
      );
    },
  );
});

/** Sessions that commit a person in one database and then a shop of hers in another; stopping tells how many commits. */
function startWriters(family: TestFamily): { stop(): Promise<number> } {
  const stopping = new AbortController();
  let commits = 0;
  const write = (): Promise<void> =>
    withSession(family.target(family.names.people).parameters, {}, (people) =>
      withSession(family.target(family.names.shops).parameters, {}, async (shops) => {
        while (!stopping.signal.aborted) {
          const { rows } = await people.query<{ id: string }>(`INSERT INTO people (name) VALUES ('new') RETURNING id`);
          await shops.query(`INSERT INTO shops (owner_id, title) VALUES ($1, 'new')`, [rows[0]!.id]);
          commits += 2;
        }
      }),
    );
  const working = Promise.all(Array.from({ length: WRITERS }, write));
  working.catch(() => undefined); // told by `stop`
  return {
    async stop() {
      stopping.abort();
      await working;
      return commits;
    },
  };
}

async function countOrphans(people: Target, shops: Target): Promise<number> {
  const ids = new Set(await read(people, 'SELECT id FROM people'));
  return (await read(shops, 'SELECT owner_id AS id FROM shops')).filter((id) => !ids.has(id)).length;
}

function read(target: Target, text: string): Promise<string[]> {
  return withSession(target.parameters, {}, async (client) =>
    (await client.query<{ id: string }>(text)).rows.map(({ id }) => id),
  );
}
