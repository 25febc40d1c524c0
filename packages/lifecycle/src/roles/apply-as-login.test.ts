import { createDatabasePool, type DatabasePoolOptions } from '@atriz/database';
import { rolePassword } from '@atriz/database/workspace';
import { describe, expect, test } from 'vitest';
import { openGarden, type Garden } from '../../test/garden.ts';
import { migration, openPlantation } from '../../test/plantation.ts';
import { migrateUp } from '../migrations/migrate.ts';
import { applyRoles } from './apply.ts';
import { checkRoles } from './check.ts';
import { roleNames } from './names.ts';

const SERVER_VERSION = await readServerVersion();

async function readServerVersion(): Promise<number> {
  await using plants = await openPlantation();
  const [version] = await plants.list(`SELECT current_setting('server_version_num')::int`);
  return version as number;
}

/** A login that is no superuser, owns a database that it has migrated, and has the attributes that are given. */
async function openGardenOf(attributes: string): Promise<Garden> {
  const garden = await openGarden({ applied: false, migrated: false });
  const { database } = garden.target.parameters;
  const user = `${database}_gardener`;
  await garden.query(`CREATE ROLE ${user} LOGIN PASSWORD 'spade' ${attributes}; ALTER DATABASE ${database} OWNER TO ${user};
    ALTER SCHEMA public OWNER TO pg_database_owner`);
  const target = { ...garden.target, parameters: { ...garden.target.parameters, user, password: 'spade' } };
  await migrateUp(target);
  const { password } = garden.target.parameters;
  const passwordOf = (role: string): string => rolePassword(password, role);
  return {
    ...garden,
    target,
    apply: async () => (await applyRoles(target, { passwordOf })).changes,
    check: async () => (await checkRoles(target)).findings,
    async [Symbol.asyncDispose]() {
      await garden.query(`ALTER DATABASE ${database} OWNER TO CURRENT_USER; REASSIGN OWNED BY ${user} TO CURRENT_USER`);
      await garden.query(`DROP OWNED BY ${user}`);
      await garden[Symbol.asyncDispose]();
      await using db = createDatabasePool({
        ...garden.target.parameters,
        database: 'postgres',
        max: 1,
      } as DatabasePoolOptions);
      await db.query(`DROP ROLE ${user}`);
    },
  };
}

test('a login that may make no roles is told which right it lacks, and nothing is changed', async () => {
  await using garden = await openGardenOf('CREATEDB');
  await expect(garden.apply()).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: expect.stringMatching(
      /and nothing was changed: it lacks CREATEROLE and (?:BYPASSRLS|SUPERUSER)$/,
    ) as string,
  });
  await expect(garden.check()).resolves.toEqual(['the roles were never applied']);
});

describe.skipIf(SERVER_VERSION < 160_000)(
  'a login with CREATEROLE, CREATEDB and BYPASSRLS, on PostgreSQL 16 and newer,',
  () => {
    test('applies the roles, and migrates as the owner from then on', async () => {
      await using garden = await openGardenOf('CREATEROLE CREATEDB BYPASSRLS');
      const changes = await garden.apply();
      expect(changes.length).toBeGreaterThan(20);
      await expect(garden.check()).resolves.toEqual([]);
      await garden.write('migrations/1700000000002_herbs.sql', migration('CREATE TABLE herbs ();'));
      await migrateUp(garden.target);
      const { owner } = roleNames(garden.target.parameters.database);
      await expect(
        garden.list(`SELECT relowner::regrole::text FROM pg_class WHERE relname = 'herbs'`),
      ).resolves.toEqual([owner]);
      await expect(garden.as('app', 'SELECT count(*)::int FROM herbs')).resolves.toEqual([0]);
      await expect(garden.check()).resolves.toEqual([]);
    });

    test('lacks BYPASSRLS: that is what it is told', async () => {
      await using garden = await openGardenOf('CREATEROLE CREATEDB');
      await expect(garden.apply()).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringContaining('it lacks BYPASSRLS') as string,
        hint: `let an administrator run: ALTER ROLE "${garden.target.parameters.user}" BYPASSRLS`,
      });
      await expect(
        garden.list(
          `SELECT rolname FROM pg_roles WHERE rolname = '${roleNames(garden.target.parameters.database).app}'`,
        ),
      ).resolves.toEqual([]);
    });
  },
);
