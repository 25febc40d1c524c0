import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer, type DebianServer } from '../packages/backup/test/debian-server.ts';
import type { RunningCommand } from './harness/command.ts';
import { serverAt } from './harness/server.ts';
import { createWorkspace, migration, type Workspace } from './harness/workspace.ts';

const TREES = { '1700000000001_trees.sql': migration('CREATE TABLE trees (id serial PRIMARY KEY, name text);') };
const PATIENCE_MS = 120_000;
/** Every hour, and not in the half hour in which the test runs. */
const EVERY_HOUR = {
  BACKUP_SCHEDULE: `${(new Date().getUTCMinutes() + 30) % 60} * * * *`,
  BACKUP_RETENTION_COUNT: '50',
};

/** Node's clock an hour ahead, as on a machine whose clock is wrong. */
const HOUR_AHEAD = `--import data:text/javascript,${encodeURIComponent(
  `const Real = Date;
   globalThis.Date = class extends Real {
     constructor(...given) { if (given.length > 0) super(...given); else super(Real.now() + 3600000); }
     static now() { return Real.now() + 3600000; }
   };`,
)}`;

interface SlotRow {
  readonly attempts: number;
  readonly outcome: string | null;
  readonly set_id: string | null;
}

describe.skipIf(!HAS_DEBIAN_SERVER)('the schedule of a family on PostgreSQL 15', () => {
  let debian: DebianServer;
  beforeAll(async () => {
    debian = await startDebianServer();
  }, PATIENCE_MS);
  afterAll(() => debian[Symbol.asyncDispose]());

  const open = async (): Promise<Workspace> => {
    const packages = { orchard: { migrations: TREES }, press: { dependsOn: ['orchard'], migrations: TREES } };
    const workspace = await createWorkspace(packages, serverAt(debian.parameters));
    await expect(workspace.atriz(['setup'])).resolves.toMatchObject({ code: 0 });
    return workspace;
  };

  test(
    'two schedulers whose clocks are an hour apart make one set a slot; killed, the leader’s run is made up by the other',
    async () => {
      await using workspace = await open();
      const start = (env: Record<string, string> = {}): RunningCommand =>
        workspace.start(['backup', 'schedule'], { env: { ...EVERY_HOUR, ...env } });
      const both = [start(), start({ NODE_OPTIONS: HOUR_AHEAD })];
      const rounds = 3;
      for (let round = 1; round <= rounds; round += 1) {
        while (doneIn(both) < round) await wait(50);
        if (round < rounds) await serveAgain(workspace);
      }
      const [leader, follower] = both[0]!.output() === '' ? both.toReversed() : both;
      const begins = beginsAnother(leader!);
      await serveAgain(workspace);
      await begins;
      leader!.child.kill('SIGKILL');
      await leader!.result;
      await follower!.said('  lost  ');
      await follower!.said('  done  ');
      follower!.child.kill('SIGTERM');
      expect((await follower!.result).code).toBe(0);

      const rows = await slots(workspace);
      const lost = rows.filter(({ attempts }) => attempts === 2);
      expect(lost).toMatchObject([{ outcome: 'done' }]);
      expect(rows.every(({ outcome }) => outcome === 'done')).toBe(true);
      const sets = await setsOf(workspace);
      expect(rows.map(({ set_id: id }) => id).toSorted()).toEqual(sets.toSorted());
      console.info(`clocks an hour apart: ${rows.length} slots, ${sets.length} sets`);
    },
    PATIENCE_MS,
  );

  test(
    'run once, it does what is due; health, drill and prune say what they found, by text, JSON and exit code',
    async () => {
      await using workspace = await open();
      const env = EVERY_HOUR;
      const before = await workspace.atriz(['backup', 'health', '--json'], { env });
      expect(before.code).toBe(3);
      expect(JSON.parse(before.stdout)).toMatchObject({
        state: 'problem',
        concerns: expect.arrayContaining([expect.objectContaining({ about: 'set', level: 'problem' })]) as unknown,
      });

      const both = await Promise.all(
        [1, 2].map(() => workspace.start(['backup', 'schedule', '--once', '--json'], { env }).result),
      );
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      const runs = both.flatMap(({ stdout }) => (JSON.parse(stdout) as { runs: { outcome: string }[] }).runs);
      expect(runs.map(({ outcome }) => outcome)).toEqual((await slots(workspace)).map(() => 'done'));

      const unproven = await workspace.atriz(['backup', 'health'], { env });
      expect(unproven.stdout).toContain('problem no set of orchard, press was ever restored and compared\n');
      const drill = await workspace.atriz(['backup', 'drill', '--json'], { env });
      expect(drill.code).toBe(0);
      expect(JSON.parse(drill.stdout)).toMatchObject({ proven: true, rto: { met: true }, rpo: { met: true } });
      const missed = await workspace.atriz(['backup', 'drill'], { env: { ...env, BACKUP_RPO_MINUTES: '0.01' } });
      expect([missed.code, missed.stderr]).toEqual([3, expect.not.stringContaining('error')]);
      expect(missed.stdout).toMatch(/^recovery point {2}.*, missed; the objective is /m);
      const health = await workspace.atriz(['backup', 'health'], { env });
      expect(health).toMatchObject({ code: 0, stdout: expect.stringContaining('backups are all right\n') as string });

      const listed = await workspace.atriz(['backup', 'schedule', '--list'], { env });
      expect(listed.stdout).toMatch(/^backup {2}next \S+Z$/m);
      expect(listed.stdout).toMatch(/Z {2}backup {2}done/);
      const idle = await workspace.atriz(['backup', 'schedule'], { env: {} });
      expect([idle.code, idle.stderr]).toEqual([
        1,
        expect.stringContaining('BACKUP_NOT_CONFIGURED there is no schedule'),
      ]);
    },
    PATIENCE_MS,
  );

  test(
    'prune asks, tells what would go and why the others stay, and removes it',
    async () => {
      await using workspace = await open();
      for (let set = 1; set <= 3; set += 1) {
        await expect(workspace.atriz(['backup', 'create'])).resolves.toMatchObject({ code: 0 });
      }
      const env = { BACKUP_RETENTION_COUNT: '2' };
      const [newest, second, oldest] = await setsOf(workspace);
      const preview = await workspace.atriz(['backup', 'prune', '--dry-run', '--json'], { env });
      expect(JSON.parse(preview.stdout)).toMatchObject({
        dryRun: true,
        stores: [
          {
            keep: [{ id: newest, because: ['the newest', 'of the newest 2'] }, { id: second }],
            removed: [{ id: oldest }],
          },
        ],
      });
      const asked = await workspace.atriz(['backup', 'prune'], { env });
      expect([asked.code, asked.stderr]).toEqual([
        3,
        expect.stringContaining('CONFIRMATION_REQUIRED this would remove 1 set\n'),
      ]);
      expect(await setsOf(workspace)).toEqual([newest, second, oldest]);
      const pruned = await workspace.atriz(['backup', 'prune', '--yes'], { env });
      expect(pruned).toMatchObject({ code: 0, stdout: expect.stringContaining(`  - ${oldest}\n`) as string });
      expect(await setsOf(workspace)).toEqual([newest, second]);
      expect(await readdir(join(workspace.root, '.atriz/backups'))).not.toContain(oldest);
      const again = await workspace.atriz(['backup', 'prune'], { env });
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to remove') as string });
    },
    PATIENCE_MS,
  );
});

function slots(workspace: Workspace): Promise<SlotRow[]> {
  return workspace.query('orchard', 'SELECT attempts, outcome, set_id FROM atriz.backup_slots ORDER BY slot');
}

/** Makes the newest slot one that nobody served. */
async function serveAgain(workspace: Workspace): Promise<void> {
  await workspace.query('orchard', `UPDATE atriz.backup_slots SET slot = slot - interval '1 hour'`);
}

/** The sets that are whole, newest first. */
async function setsOf(workspace: Workspace): Promise<string[]> {
  const { stdout } = await workspace.atriz(['backup', 'list', '--json']);
  return (JSON.parse(stdout) as { sets: { set: string; complete: boolean }[] }).sets
    .filter(({ complete }) => complete)
    .map(({ set }) => set);
}

function doneIn(commands: readonly RunningCommand[]): number {
  return commands.reduce((sum, each) => sum + (each.output().match(/ {2}done {2}backup-/g)?.length ?? 0), 0);
}

/** Waits until the scheduler begins one more run than it has ended. */
async function beginsAnother(scheduler: RunningCommand): Promise<void> {
  const said: string[] = [];
  scheduler.child.stderr!.on('data', (text: string) => void said.push(text));
  while (!said.join('').includes(' begins')) await wait(20);
}
