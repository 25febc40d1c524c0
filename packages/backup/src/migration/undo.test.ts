import { randomUUID } from 'node:crypto';
import { readRuns } from '@atriz/lifecycle';
import { expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { openMigratingFamily, type MigratingFamily } from '../../test/migrating.ts';
import { planUndo, type UndoPlan } from './undo-plan.ts';
import { runUndo } from './undo.ts';

const RENAME = '1700000000002_titles';
const LOSE = '1700000000003_fewer';

function plan({ family, all }: MigratingFamily, run: string): Promise<UndoPlan> {
  return planUndo(family.workspace, { run, databases: all, context: {} });
}

async function undo(migrating: MigratingFamily, run: string): Promise<readonly string[]> {
  const reports = await runUndo(migrating.family.workspace, await plan(migrating, run), {
    runId: randomUUID(),
    context: {},
  });
  return reports.flatMap(({ databases }) => databases.map(({ name }) => name));
}

test.skipIf(!HAS_DEBIAN_SERVER)(
  'PostgreSQL 15: a run loses rows in two databases and fails in a third; undone, both are as they were, row for row, and the third is left alone',
  async () => {
    await using server = await startDebianServer();
    await using migrating = await openMigratingFamily({ server: server.parameters });
    const { family, all } = migrating;
    const { people, shops, trips } = family.names;
    const before = await Promise.all(all.map(migrating.contents));
    await migrating.add(people, RENAME, 'ALTER TABLE people DROP COLUMN notes; UPDATE people SET balance = 0;');
    await migrating.add(shops, LOSE, 'DELETE FROM sales WHERE cents < 103;');
    await migrating.add(trips, RENAME, 'DELETE FROM positions; SELECT 1 / 0;');
    const run = randomUUID();
    await expect(migrating.up({ run })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    const [part, ...others] = (await plan(migrating, run)).parts;
    expect({ databases: part!.databases, others }).toEqual({ databases: [people, shops], others: [] });
    expect(part!.reader.manifest.databases.map(({ name }) => name)).toEqual(all);
    await family.query(shops, `UPDATE shops SET title = 'written behind the migration'`);
    const tripsNow = await family.query(trips, 'SELECT oid FROM pg_database WHERE datname = current_database()');

    expect(await undo(migrating, run)).toEqual([people, shops]);
    expect(await Promise.all(all.map(migrating.contents))).toEqual(before);
    expect(await family.query(trips, 'SELECT oid FROM pg_database WHERE datname = current_database()')).toEqual(
      tripsNow,
    );

    // The ledgers keep that it was done, the migrations are pending again, and a second time there is nothing to do.
    const [last] = await readRuns(family.target(shops), { limit: 1 });
    expect(last).toMatchObject({ command: 'migrate undo', outcome: 'done', changes: [part!.reader.manifest.id] });
    await expect(undo(migrating, run)).rejects.toMatchObject({
      code: 'BACKUP_UNKNOWN',
      message: `run ${run} left nothing to undo in ${all.join(', ')}`,
    });
    console.info(
      'migrate undo on PostgreSQL 15: 2 of 2 databases as before the run, every row; 1 of 1 others untouched',
    );
  },
);

test.skipIf(!HAS_DEBIAN_SERVER)(
  'undo is refused, before anything, where later runs would be lost, where another database requires it, and where it is protected',
  async () => {
    await using server = await startDebianServer();
    await using migrating = await openMigratingFamily({ server: server.parameters });
    const { family, all } = migrating;
    const { people, shops } = family.names;
    await migrating.add(people, RENAME, 'ALTER TABLE people ADD COLUMN title text;');
    const first = await migrating.up();
    await migrating.add(people, LOSE, 'DELETE FROM people;');
    const second = await migrating.up();
    await expect(plan(migrating, first.run)).rejects.toMatchObject({
      code: 'MIGRATION_OUT_OF_ORDER',
      message: `refused to undo run ${first.run}: later runs migrated "${people}" further, and that would be lost: ${LOSE} (migrate up ${second.run})`,
      hint: `undo the later runs first: atriz migrate undo --run ${second.run}`,
    });
    await migrating.add(shops, '1700000000004_uses', `-- requires: ${people}@${LOSE}\nCREATE TABLE uses ();`);
    const third = await migrating.up();
    const now = await Promise.all(all.map(migrating.contents));
    await expect(plan(migrating, second.run)).rejects.toMatchObject({
      code: 'MIGRATION_OUT_OF_ORDER',
      message: `refused to undo run ${second.run}: 1700000000004_uses of ${shops} requires ${LOSE} of ${people}`,
    });
    await family.query(shops, 'UPDATE atriz.identity SET protected = true');
    await expect(plan(migrating, third.run)).rejects.toMatchObject({ code: 'DESTRUCTIVE_REFUSED' });
    await expect(plan(migrating, randomUUID())).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
    await family.query(shops, 'UPDATE atriz.identity SET protected = false');
    expect(await Promise.all(all.map(migrating.contents))).toEqual(now);

    expect(await undo(migrating, third.run)).toEqual([shops]);
    expect(await undo(migrating, second.run)).toEqual([people]);
    const [{ count } = { count: '' }] = await family.query<{ count: string }>(people, 'SELECT count(*) FROM people');
    expect(count).toBe('20');
  },
);
