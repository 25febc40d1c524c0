import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../packages/backup/test/debian-server.ts';
import { serverAt } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

const KILLS = 100;
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
    workspace = await createWorkspace(PACKAGES, serverAt(server.parameters));
    await workspace.atriz(['setup']);
  }, PATIENCE_MS);
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const run = (...args: string[]) => workspace.start(['backup', ...args], { env: KEY }).result;
  const list = async (): Promise<readonly Listed[]> =>
    (JSON.parse((await run('list', '--json')).stdout) as { readonly sets: readonly Listed[] }).sets;

  /** What the command, or a pg_dump of it, has still open on the server. */
  async function countSessions(): Promise<number> {
    const [row] = await serverAt(server.parameters).query<{ count: number }>(
      'postgres',
      `SELECT count(*)::integer AS count FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND application_name IN ('atriz', 'pg_dump')`,
    );
    return row!.count;
  }

  test(
    `at ${KILLS} random moments leaves no set that cannot be restored, the good one as it was, and no pg_dump`,
    { timeout: PATIENCE_MS },
    async () => {
      const start = performance.now();
      expect(await run('create')).toMatchObject({ code: 0 });
      const wholeMs = performance.now() - start;
      const [good] = await list();

      const codes = { killed: 0, ended: 0 };
      let longestMs = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        const { child, result } = workspace.start(['backup', 'create'], { env: KEY });
        await wait(Math.random() * wholeMs);
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
      const restored = [...complete.slice(0, RESTORED - 1).map(({ set }) => set), good!.set];
      for (const set of restored) expect(await run('verify', set, '--restore')).toMatchObject({ code: 0 });
      expect(complete.map(({ set }) => set)).toContain(good!.set);
      expect(codes.killed).toBeGreaterThan(KILLS / 2);
      console.info(
        `${codes.killed} of ${KILLS} creates killed within ${Math.round(wholeMs)} ms, ${codes.ended} had ended: ` +
          `${sets.length - complete.length} unfinished folders, ${complete.length} listed as good, of which ` +
          `${complete.length} verify and ${restored.length} of ${restored.length} restore; ` +
          `the last session was gone ${Math.round(longestMs)} ms after its kill`,
      );
    },
  );
});
