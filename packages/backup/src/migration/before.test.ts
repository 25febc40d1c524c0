import { randomUUID } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultSafety } from '@atriz/database/workspace';
import { migrateUp, readApplied, type Target } from '@atriz/lifecycle';
import { expect, test } from 'vitest';
import { DEBIAN_PROGRAMS, HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { AUTO, openMigratingFamily, type MigratingFamily } from '../../test/migrating.ts';
import { openKeys } from '../keys/keys.ts';
import { createSet } from '../set/create.ts';
import { isProven, listSets } from '../set/list.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import { backUpBeforeMigration } from './before.ts';
import { createBackupCatalogue } from './catalogue.ts';

const NEXT = '1700000000002_next';
const late = (): number => Date.now() + 25 * 3_600_000;

async function sets({ family: { workspace } }: MigratingFamily) {
  const settings = readBackupSettings(workspace);
  return listSets(openStores(settings), await openKeys(settings, workspace));
}

/** Those of Debian's server, but a pg_restore that does nothing and says that it failed. */
async function writeProgramsThatCannotRestore(directory: string): Promise<void> {
  await mkdir(directory);
  await symlink(join(DEBIAN_PROGRAMS, 'pg_dump'), join(directory, 'pg_dump'));
  const script = `#!/bin/sh\n[ "$1" = --version ] && exec ${DEBIAN_PROGRAMS}/pg_restore --version\nexit 1\n`;
  await writeFile(join(directory, 'pg_restore'), script, { mode: 0o755 });
}

test.skipIf(!HAS_DEBIAN_SERVER)('no set is made where nothing is pending, or the switch is off', async () => {
  await using server = await startDebianServer();
  await using migrating = await openMigratingFamily({ server: server.parameters });
  expect((await migrating.up()).backup).toBeUndefined();
  expect(await sets(migrating)).toEqual([]);
  await using other = await openMigratingFamily({ server: server.parameters, variables: { BACKUP_LOCAL: 'true' } });
  await other.add(other.family.names.people, NEXT, 'CREATE TABLE next ();');
  expect((await other.up()).backup).toBeUndefined();
  expect(await sets(other)).toEqual([]);
});

test.skipIf(!HAS_DEBIAN_SERVER)(
  'a store that fails, tools that are missing, a restore that fails and a bad pending file each stop the run: nothing is migrated, in any database',
  async () => {
    await using server = await startDebianServer();
    const failures: Readonly<Record<string, Record<string, string>>> = {
      BACKUP_STORE_FAILED: { BACKUP_LOCAL: 'a-file' },
      CLIENT_TOOLS_MISSING: { PG_BIN_DIR: 'no-such-directory', BACKUP_ENGINE: 'logical' },
    };
    for (const [code, variables] of Object.entries(failures)) {
      await using migrating = await openMigratingFamily({
        server: server.parameters,
        variables: { ...AUTO, ...variables },
      });
      const { family, all } = migrating;
      await writeFile(join(family.root, 'a-file'), 'where the directory is to be');
      await mkdir(join(family.root, 'no-such-directory'));
      for (const name of all) await migrating.add(name, NEXT, 'CREATE TABLE next ();');
      await expect(migrating.up()).rejects.toMatchObject({ code });
      for (const name of all)
        expect(await readApplied(family.target(name), {})).toEqual(new Set(['1700000000001_tables']));
    }
    const variables = { ...AUTO, BACKUP_ENGINE: 'logical', PG_BIN_DIR: 'programs' };
    await using migrating = await openMigratingFamily({ server: server.parameters, variables });
    const { family, all } = migrating;
    const { people, trips } = family.names;
    const nothingMigrated = new Set(['1700000000001_tables']);
    await writeProgramsThatCannotRestore(join(family.root, 'programs'));
    await migrating.add(people, NEXT, 'CREATE TABLE next ();');
    await expect(migrating.up()).rejects.toMatchObject({ code: 'CLIENT_TOOL_FAILED' });
    expect((await sets(migrating)).map(isProven)).toEqual([false]);
    await migrating.add(trips, NEXT, '-- requires: nonsense');
    await expect(migrating.up()).rejects.toMatchObject({ code: 'MIGRATION_INVALID' });
    expect(await sets(migrating)).toHaveLength(1); // the one from above: none was made
    for (const name of all) expect(await readApplied(family.target(name), {})).toEqual(nothingMigrated);
  },
);

test.skipIf(!HAS_DEBIAN_SERVER)(
  'a run that dies between its set and its migrations leaves a proven set and databases that are as they were',
  async () => {
    await using server = await startDebianServer();
    await using migrating = await openMigratingFamily({ server: server.parameters });
    const { family, all } = migrating;
    const before = await Promise.all(all.map(migrating.contents));
    for (const name of all) await migrating.add(name, NEXT, 'CREATE TABLE next ();');
    const died = new Error('killed');
    await expect(migrating.up({ before: () => Promise.reject(died) })).rejects.toBe(died);
    const [set, ...others] = await sets(migrating);
    expect({ proven: isProven(set!), purpose: set!.manifest!.purpose, others }).toEqual({
      proven: true,
      purpose: 'migration',
      others: [],
    });
    expect(await Promise.all(all.map(migrating.contents))).toEqual(before);
    const { people } = family.names;
    expect((await migrating.up({ databases: [people] })).backup?.databases).toEqual([people]);
    expect(await family.query(people, 'SELECT * FROM next')).toEqual([]);
  },
);

test.skipIf(!HAS_DEBIAN_SERVER)(
  'in production the set satisfies REQUIRE_MIGRATION_BACKUP; one that is stale, unproven, or of another database does not',
  async () => {
    await using server = await startDebianServer();
    const variables = { ...AUTO, NODE_ENV: 'production', BACKUP_ENCRYPTION: 'false' };
    await using migrating = await openMigratingFamily({
      server: server.parameters,
      variables,
      environment: 'production',
    });
    const { family } = migrating;
    const { people, shops } = family.names;
    const production = (name: string): Target => ({ ...family.target(name), safety: defaultSafety('production') });
    const up = (name: string, now = Date.now) =>
      migrateUp(production(name), {}, { now, backups: createBackupCatalogue(family.workspace) });
    await migrating.add(people, NEXT, 'CREATE TABLE next ();');
    await migrating.add(shops, NEXT, 'CREATE TABLE next ();');
    await expect(up(people)).rejects.toMatchObject({ code: 'BACKUP_REQUIRED' }); // none at all

    const backup = await backUpBeforeMigration(family.workspace, { databases: [people], runId: randomUUID() });
    await expect(up(people, late)).rejects.toMatchObject({ code: 'BACKUP_REQUIRED' });
    await createSet(family.workspace, { databases: [shops], purpose: 'manual', runId: randomUUID() }); // proven by nobody
    await expect(up(shops)).rejects.toMatchObject({ code: 'BACKUP_REQUIRED' });
    const catalogue = createBackupCatalogue(family.workspace);
    const refused: Readonly<Record<string, Target>> = {
      'another environment': { ...production(people), environment: 'staging' },
      'another family': { ...production(people), family: 'other' },
      'an instance': { ...production(people), instance: 'acme' },
      'another database': { ...production(people), parameters: { ...family.target(people).parameters, database: 'x' } },
    };
    for (const [what, target] of Object.entries(refused)) {
      expect({ what, found: await catalogue.findNewestVerified(target) }).toEqual({ what, found: undefined });
    }
    expect(await catalogue.findNewestVerified(production(people))).toMatchObject({ id: backup!.set });
    await expect(up(people)).resolves.toMatchObject({ applied: [NEXT] });
  },
);
