import { AtrizError } from '@atriz/database';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../test/plantation.ts';
import { createDatabase } from './create.ts';
import { dropDatabase } from './drop.ts';
import { withMaintenanceSession } from './maintenance.ts';
import { migrateUp } from './migrations/migrate.ts';
import { resetDatabase, setupDatabase } from './prepare.ts';
import { applyRoles } from './roles/apply.ts';
import { readLayerRoles } from './roles/layer-roles.ts';
import { leavesRoomForRoles, roleNames } from './roles/names.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

const FILES = {
  migrations: { '1700000000001_plants.sql': migration('CREATE TABLE plants (name text);') },
  seeds: { '001_trees.mjs': `export default (client) => client.query("INSERT INTO plants VALUES ('oak')");` },
};

/** The plantation's target on a database that does not exist, whose name needs quoting; dropped in the end. */
function elsewhere(
  { target }: Plantation,
  suffix = '',
): AsyncDisposable & { readonly target: Target; exists(): Promise<boolean> } {
  const database = `atriz_test_Quoted "Name" ${randomBytes(4).toString('hex')}${suffix}`;
  const other = { ...target, parameters: { ...target.parameters, database } };
  return {
    target: other,
    exists: () =>
      withMaintenanceSession(other, {}, async (client) => {
        const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
        return rowCount === 1;
      }),
    [Symbol.asyncDispose]: () =>
      withMaintenanceSession(other, {}, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(database)} WITH (FORCE)`);
        for (const role of leavesRoomForRoles(database) ? Object.values(roleNames(database)) : []) {
          await client.query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(role)}`);
        }
      }),
  };
}

test('create makes the database once, and says whether it did', async () => {
  await using plants = await openPlantation();
  await using place = elsewhere(plants);
  const said: string[] = [];
  await expect(createDatabase(place.target, { onProgress: (line) => void said.push(line) })).resolves.toEqual({
    created: true,
  });
  expect(said).toEqual([`creating database "${place.target.parameters.database}"`]);
  await expect(place.exists()).resolves.toBe(true);
  await expect(createDatabase(place.target)).resolves.toEqual({ created: false });
});

test('of several that create at once, one does and none fails', async () => {
  await using plants = await openPlantation();
  await using place = elsewhere(plants);
  const results = await Promise.all(Array.from({ length: 6 }, () => createDatabase(place.target)));
  expect(results.filter(({ created }) => created)).toHaveLength(1);
});

test('a user who may not create databases is PERMISSION_DENIED, with the statement that would let them', async () => {
  await using plants = await openPlantation();
  await using place = elsewhere(plants);
  const user = `role_of_${plants.target.parameters.database}`;
  await plants.query(`CREATE ROLE ${user} LOGIN PASSWORD 'guest'`);
  try {
    const parameters = { ...place.target.parameters, user, password: 'guest' };
    await expect(createDatabase({ ...place.target, parameters })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: `user "${user}" may not create database "${parameters.database}"`,
      hint: `let an administrator run: ALTER ROLE "${user}" CREATEDB`,
    });
  } finally {
    await plants.query(`DROP ROLE ${user}`);
  }
});

test('setup creates, migrates and seeds; the second time there is nothing to do', async () => {
  await using plants = await openPlantation(FILES);
  await using place = elsewhere(plants);
  await expect(setupDatabase(place.target)).resolves.toEqual({
    created: true,
    applied: ['1700000000001_plants'],
    seeded: ['001_trees'],
    roleChanges: expect.any(Number) as number,
  });
  await expect(setupDatabase(place.target)).resolves.toEqual({ created: false, applied: [], seeded: [] });
});

test('a login that may not make roles is set up without, and told', async () => {
  await using plants = await openPlantation(FILES);
  await using place = elsewhere(plants);
  const user = `role_of_${plants.target.parameters.database}`;
  await plants.query(`CREATE ROLE ${user} LOGIN PASSWORD 'guest' CREATEDB`);
  const said: string[] = [];
  const target = { ...place.target, parameters: { ...place.target.parameters, user, password: 'guest' } };
  await expect(setupDatabase(target, {}, { onProgress: (line) => void said.push(line) })).resolves.toEqual({
    created: true,
    applied: ['1700000000001_plants'],
    seeded: ['001_trees'],
  });
  expect(said.at(-1)).toMatch(/^without roles: user "role_of_.*" may not make the roles of .*: it lacks CREATEROLE/);
  await dropDatabase(target);
  await plants.query(`DROP ROLE ${user}`);
});

test('a database whose name leaves no room for those of its roles is set up without, and that is told', async () => {
  await using plants = await openPlantation(FILES);
  await using place = elsewhere(plants, 'x'.repeat(25));
  const said: string[] = [];
  const setup = setupDatabase(place.target, {}, { onProgress: (line) => void said.push(line) });
  await expect(setup).resolves.toEqual({ created: true, applied: ['1700000000001_plants'], seeded: ['001_trees'] });
  expect(said.at(-1)).toBe('without roles: the name of the database leaves no room for theirs');
  await expect(applyRoles(place.target)).rejects.toMatchObject({ code: 'DEFINITION_INVALID' });
  await expect(withSession(place.target.parameters, {}, readLayerRoles)).resolves.toEqual([]);
});

test('reset keeps the roles and their passwords', async () => {
  await using plants = await openPlantation(FILES);
  await using place = elsewhere(plants);
  await setupDatabase(place.target);
  const { app } = roleNames(place.target.parameters.database);
  const verifier = `SELECT oid, rolpassword FROM pg_authid WHERE rolname = ${pg.escapeLiteral(app)}`;
  await plants.query(`ALTER ROLE ${pg.escapeIdentifier(app)} PASSWORD 'somebody gave it this'`);
  const before = await plants.query(verifier);
  await resetDatabase(place.target);
  await expect(plants.query(verifier)).resolves.toEqual(before);
});

test('reset drops what is there, also under a session that uses it, and sets up anew', async () => {
  await using plants = await openPlantation(FILES);
  await using place = elsewhere(plants);
  await setupDatabase(place.target);
  const stays = withSession(place.target.parameters, {}, async (client) => {
    await client.query('CREATE TABLE stray ()');
    const lost = new Promise((resolve) => void client.once('end', () => resolve('disconnected')));
    await expect(resetDatabase(place.target)).resolves.toEqual({
      created: true,
      applied: ['1700000000001_plants'],
      seeded: ['001_trees'],
      roleChanges: expect.any(Number) as number,
    });
    return lost;
  });
  await expect(stays).resolves.toBe('disconnected');
  await withSession(place.target.parameters, {}, async (client) => {
    const { rows } = await client.query(
      `SELECT to_regclass('stray') AS stray, (SELECT count(*) FROM plants) AS plants`,
    );
    expect(rows).toEqual([{ stray: null, plants: '1' }]);
  });
});

test('drop says whether there was one', async () => {
  await using plants = await openPlantation();
  await using place = elsewhere(plants);
  await createDatabase(place.target);
  await expect(dropDatabase(place.target)).resolves.toEqual({ dropped: true });
  await expect(place.exists()).resolves.toBe(false);
  await expect(dropDatabase(place.target)).resolves.toEqual({ dropped: false });
});

test('drop and reset are refused in production and for the database of another, which stay', async () => {
  await using plants = await openPlantation(FILES);
  await using place = elsewhere(plants);
  await createDatabase(place.target);
  const production = { ...place.target, environment: 'production' };
  await migrateUp(production);
  const other = { ...production, family: 'zoo' };
  for (const run of [dropDatabase, resetDatabase]) {
    await expect(run(production)).rejects.toMatchObject({ code: 'DESTRUCTIVE_REFUSED' });
    await expect(run(other)).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH' });
  }
  await expect(place.exists()).resolves.toBe(true);
});

test('what inspects pending migrations is asked by setup, and by reset never, which has dropped the database already', async () => {
  await using plants = await openPlantation(FILES);
  await using place = elsewhere(plants);
  const asked: string[][] = [];
  const inspectPending = async (files: readonly { readonly name: string }[]): Promise<void> => {
    asked.push(files.map(({ name }) => name));
    if (asked.length === 1) throw new AtrizError('LINT_REFUSED', 'not these');
  };
  await expect(setupDatabase(place.target, {}, { inspectPending })).rejects.toMatchObject({ code: 'LINT_REFUSED' });
  await expect(resetDatabase(place.target, {}, { inspectPending })).resolves.toMatchObject({ applied: asked[0] });
  expect(asked).toHaveLength(1);
});
