import { readdir, rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../packages/backup/test/debian-server.ts';
import { serverAt } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

/** How often, by each engine. */
const KILLS = [
  ['logical', 100],
  ['physical', 20],
] as const;
/** How many of the sets that are listed are also restored; each of them is read whole. */
const RESTORED = 3;
const PATIENCE_MS = 900_000;

const ROWS = 'SELECT n, md5(n::text) FROM generate_series(1, 60000) AS n';
const PACKAGES = {
  garden: { migrations: { '1700000000001_plants.sql': migration(`CREATE TABLE plants AS ${ROWS};`) } },
  orchard: { migrations: { '1700000000001_trees.sql': migration(`CREATE TABLE trees AS ${ROWS};`) } },
};
const KEY = { BACKUP_ENCRYPTION_KEY: 'AGE-SECRET-KEY-1CZLKZZAVJASPDKWCKW0CAZEWK39HKZPTC5J5FQZPQ06GHFJL0R8QH687H2' };

interface Listed {
  readonly set: string;
  readonly complete: boolean;
  readonly problem: object | null;
}

describe.skipIf(!HAS_DEBIAN_SERVER)('a backup that is killed', () => {
  let server: DebianServer;
  let workspace: Workspace;
  beforeAll(async () => {
    server = await startDebianServer();
  });
  beforeEach(async () => {
    workspace = await createWorkspace(PACKAGES, serverAt(server.parameters));
    await workspace.atriz(['setup']);
  }, PATIENCE_MS);
  afterEach(() => workspace[Symbol.asyncDispose]());
  afterAll(() => server[Symbol.asyncDispose]());

  const run = (...args: string[]) => workspace.start(['backup', ...args], { env: KEY }).result;
  const list = async (): Promise<readonly Listed[]> =>
    (JSON.parse((await run('list', '--json')).stdout) as { readonly sets: readonly Listed[] }).sets;

  /** Sessions on the server, those of the command, of a pg_dump and of a base backup. */
  async function countSessions(): Promise<number> {
    const [row] = await serverAt(server.parameters).query<{ count: number }>(
      'postgres',
      `SELECT count(*)::integer AS count FROM pg_stat_activity
        WHERE backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()`,
    );
    return row!.count;
  }

  async function countFiles(): Promise<number> {
    const entries = await readdir(join(workspace.root, '.atriz/backups'), {
      recursive: true,
      withFileTypes: true,
    }).catch(() => []);
    return entries.filter((entry) => entry.isFile()).length;
  }

  /** As if the sets had been begun, and written to, long ago. */
  async function makeOld(sets: readonly Listed[]): Promise<void> {
    const then = new Date('2026-01-01T00:00:00Z');
    for (const { set } of sets) {
      const folder = join(workspace.root, '.atriz/backups', set.replace(/\d{8}T\d{6}Z/, '20260101T000000Z'));
      await rename(join(workspace.root, '.atriz/backups', set), folder);
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      for (const { parentPath, name } of entries) await utimes(join(parentPath, name), then, then);
    }
  }

  /** Until a set begins to be written, or the command has ended. */
  async function untilMoreFiles(before: number, result: Promise<unknown>): Promise<void> {
    const state = { ended: false };
    void result.then(() => (state.ended = true));
    while (!state.ended && (await countFiles()) <= before) await wait(1);
  }

  /** How long a create takes until it writes, and from then on. */
  async function timePhases(
    create: readonly string[],
  ): Promise<{ readonly beforeMs: number; readonly writingMs: number }> {
    const before = await countFiles();
    const start = performance.now();
    const { result } = workspace.start(create, { env: KEY });
    await untilMoreFiles(before, result);
    const begun = performance.now();
    expect(await result).toMatchObject({ code: 0 });
    return { beforeMs: begun - start, writingMs: performance.now() - begun };
  }

  test.for(KILLS)(
    'by the %s engine, at %i random moments, leaves no set that cannot be restored, the good one as it was, and no pg_dump',
    { timeout: PATIENCE_MS },
    async ([engine, kills]) => {
      const create = ['backup', 'create', '--engine', engine];
      let phases = await timePhases(create);
      const [good] = await list();
      const codes = { killed: 0, ended: 0 };
      let longestMs = 0;
      for (let kill = 0; kill < kills; kill += 1) {
        // The machine's pace changes, so it is taken anew now and then.
        if (kill % 20 === 19) phases = await timePhases(create);
        const before = await countFiles();
        const { child, result } = workspace.start(create, { env: KEY });
        if (kill % 5 === 0) await wait(Math.random() * phases.beforeMs);
        else {
          await untilMoreFiles(before, result);
          await wait(Math.random() * phases.writingMs);
        }
        child.kill('SIGKILL');
        if ((await result).code === 137) codes.killed += 1;
        else codes.ended += 1;
        const left = performance.now();
        while ((await countSessions()) > 0) {
          if (performance.now() - left > 20_000) throw new Error('a session of the killed backup is left');
          await wait(20);
        }
        longestMs = Math.max(longestMs, performance.now() - left);
      }

      const sets = await list();
      const complete = sets.filter((each) => each.complete);
      expect(complete.filter(({ problem }) => problem !== null)).toEqual([]);
      for (const { set } of complete) expect(await run('verify', set)).toMatchObject({ code: 0 });
      const restored = new Set([...complete.slice(0, RESTORED - 1).map(({ set }) => set), good!.set]);
      for (const set of restored) expect(await run('verify', set, '--restore')).toMatchObject({ code: 0 });
      expect(complete.map(({ set }) => set)).toContain(good!.set);
      expect(codes.killed).toBeGreaterThan(kills / 2);

      const unfinished = sets.filter((each) => !each.complete);
      expect(unfinished.length).toBeGreaterThan(kills / 10);
      await makeOld(unfinished);
      expect(await run('prune', '--yes')).toMatchObject({ code: 0 });
      expect((await list()).map(({ set }) => set)).toEqual(complete.map(({ set }) => set));
      console.info(
        `${codes.killed} of ${kills} ${engine} creates killed, ${codes.ended} had ended: ` +
          `${unfinished.length} unfinished folders, which a prune removes, ${complete.length} listed as good, of which ` +
          `${complete.length} verify and ${restored.size} of ${restored.size} restore; ` +
          `the last session was gone ${Math.round(longestMs)} ms after its kill`,
      );
    },
  );
});
