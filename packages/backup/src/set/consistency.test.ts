import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../test/family.ts';
import { openKeys } from '../keys/keys.ts';
import { restoreSet } from '../restore/restore.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import { createSet } from './create.ts';
import { openSet } from './open.ts';

const SETS = 50;
const WRITERS = 4;
const RUN = '9a1f6a3e-2c55-4a1c-9c39-0f5c6b1d2e3f';

test.skipIf(!HAS_DEBIAN_SERVER)(
  `${SETS} sets made while ${WRITERS} writers go from database to database: not one restored shop or trip without its person`,
  { timeout: 600_000 },
  async () => {
    await using server = await startDebianServer();
    await using family = await openTestFamily({ server: server.parameters, people: 10 });
    const { workspace, names } = family;
    const settings = readBackupSettings(workspace);
    const [store] = openStores(settings);
    const writers = startWriters(family);
    const found = { orphans: 0, people: new Set<number>(), consistency: new Set<string>() };
    try {
      for (let set = 0; set < SETS; set += 1) {
        const { id, manifest } = await createSet(workspace, {
          databases: Object.values(names),
          purpose: 'manual',
          runId: RUN,
        });
        const reader = await openSet(store!, id, await openKeys(settings, workspace));
        await restoreSet(workspace, reader, { inPlace: false, runId: RUN, context: {} });
        const { orphans, people } = await countOrphans(family);
        found.orphans += orphans;
        found.people.add(people);
        found.consistency.add(manifest.consistency);
        for (const name of Object.values(names)) await family.query('postgres', `DROP DATABASE "${name}_restored"`);
      }
    } finally {
      await writers.stop();
    }
    console.info(`${SETS} sets under ${writers.commits()} commits of ${WRITERS} writers: ${found.orphans} orphans`);
    expect({ orphans: found.orphans, consistency: [...found.consistency] }).toEqual({
      orphans: 0,
      consistency: ['snapshot'],
    });
    expect(found.people.size).toBeGreaterThan(SETS / 2); // nearly every set saw another state
    expect(writers.commits()).toBeGreaterThan(SETS * 10);
  },
);

interface Writers {
  /** How many transactions they have committed. */
  commits(): number;
  stop(): Promise<void>;
}

/** Each makes a person, then a shop and a trip of theirs, and takes every other one back: children first. */
function startWriters({ target, names }: TestFamily): Writers {
  const stopping = new AbortController();
  let commits = 0;
  const run = async (client: pg.Client, text: string, id?: string): Promise<string> => {
    const { rows } = await client.query<{ id: string }>(text, id === undefined ? [] : [id]);
    commits += 1;
    await wait(2); // what they wrote has to be restored fifty times
    return rows[0]?.id ?? '';
  };
  const write = async (): Promise<void> => {
    await using opened = new AsyncDisposableStack();
    const clients = await Promise.all(
      [names.people, names.shops, names.trips].map(async (name) => {
        const client = new pg.Client(target(name).parameters as pg.ClientConfig);
        await client.connect();
        opened.defer(() => client.end());
        return client;
      }),
    );
    const [people, shops, trips] = clients as [pg.Client, pg.Client, pg.Client];
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const id = await run(people, `INSERT INTO people (name) VALUES ('late') RETURNING id`);
      await run(shops, `INSERT INTO shops (owner_id, title) VALUES ($1, 'late')`, id);
      await run(trips, 'INSERT INTO trips (person_id) VALUES ($1)', id);
      if (turn % 2 === 0) continue;
      await run(trips, 'DELETE FROM trips WHERE person_id = $1', id);
      await run(shops, 'DELETE FROM shops WHERE owner_id = $1', id);
      await run(people, 'DELETE FROM people WHERE id = $1', id);
    }
  };
  const running = Promise.all(Array.from({ length: WRITERS }, write));
  running.catch(() => undefined); // told by stop
  return {
    commits: () => commits,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** In the restored databases: shops and trips whose person is not there, and how many people there are. */
async function countOrphans({ query, names }: TestFamily): Promise<{ orphans: number; people: number }> {
  const idsOf = async (name: string, text: string): Promise<string[]> =>
    (await query<{ id: string }>(`${name}_restored`, text)).map(({ id }) => id);
  const people = new Set(await idsOf(names.people, 'SELECT id FROM people'));
  const children = [
    ...(await idsOf(names.shops, 'SELECT owner_id AS id FROM shops')),
    ...(await idsOf(names.trips, 'SELECT person_id AS id FROM trips')),
  ];
  return { orphans: children.filter((id) => !people.has(id)).length, people: people.size };
}
