import { withSession, type Target } from '@atriz/lifecycle';
import { applyRoles as applyLayer, setRolePassword } from '@atriz/lifecycle/roles';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DEBIAN_PROGRAMS,
  HAS_DEBIAN_SERVER,
  startDebianServer,
  type DebianServer,
} from '../../../test/debian-server.ts';
import { openTestFamily, type TestFamily } from '../../../test/family.ts';
import { createMemorySet } from '../../../test/memory-set.ts';
import { applyDatabaseSettings, applyRoles } from './apply-roles.ts';
import { readRoleRecord } from './archive.ts';
import { createLogicalEngine } from './engine.ts';
import type { RoleRecord } from './role-record.ts';

describe.skipIf(!HAS_DEBIAN_SERVER)('roles of a PostgreSQL 15', () => {
  let server: DebianServer;
  let other: DebianServer;
  let family: TestFamily;
  let target: Target;

  beforeAll(async () => {
    [server, other] = await Promise.all([startDebianServer(), startDebianServer()]);
    family = await openTestFamily({ server: server.parameters, people: 7 });
    target = family.target(family.names.people);
    await applyLayer(target);
    await family.query(family.names.people, ODD.replaceAll('DB', family.names.people));
  });
  afterAll(async () => {
    await family[Symbol.asyncDispose]();
    await Promise.all([server, other].map((each) => each[Symbol.asyncDispose]()));
  });

  const ODD = `
    CREATE ROLE "Odd ""one""" LOGIN CONNECTION LIMIT 3 VALID UNTIL '2031-01-01Z' PASSWORD 'odd secret';
    COMMENT ON ROLE "Odd ""one""" IS 'it''s odd';
    ALTER ROLE "Odd ""one""" SET search_path TO "$user", "A b", public;
    ALTER ROLE "Odd ""one""" SET custom.note TO 'x=y, z';
    ALTER ROLE "Odd ""one""" IN DATABASE "DB" SET work_mem TO '8MB';
    CREATE ROLE stranger LOGIN;
    GRANT "DB_read" TO "Odd ""one""" WITH ADMIN OPTION;
    GRANT pg_read_all_stats TO "Odd ""one""";
    ALTER DATABASE "DB" SET timezone TO 'Europe/Zurich';
    COMMENT ON DATABASE "DB" IS 'people';
    GRANT CREATE ON DATABASE "DB" TO "Odd ""one""" WITH GRANT OPTION`;

  async function backUp(as: Target = target): Promise<RoleRecord> {
    const set = createMemorySet();
    const engine = createLogicalEngine({ programs: DEBIAN_PROGRAMS });
    const captured = await engine.backUp([as], set.sink, { context: {}, jobs: 1, perDatabase: false });
    expect(set.seen.get(as.database.name)!['public.people']).toHaveLength(7);
    return readRoleRecord(set.reader(captured, 'logical'), 0);
  }

  test('a record has the roles that the database names and who is in them, and no others', async () => {
    const record = await backUp();
    const name = family.names.people;
    expect(record.roles.map((role) => role.name)).toEqual(
      [`${name}_app`, `${name}_backup`, `${name}_owner`, `${name}_read`, 'Odd "one"'].toSorted(),
    );
    const odd = record.roles.find((role) => role.name === 'Odd "one"')!;
    expect(odd.verifier).toMatch(/^SCRAM-SHA-256\$/);
    expect(odd).toMatchObject({
      canLogin: true,
      superuser: false,
      connectionLimit: 3,
      comment: "it's odd",
      settings: ['search_path="$user", "A b", public', 'custom.note=x=y, z'],
    });
    expect(record.databases).toMatchObject([
      {
        databaseName: name,
        owner: `${name}_owner`,
        comment: 'people',
        settings: ['TimeZone=Europe/Zurich'],
        roleSettings: [{ role: 'Odd "one"', settings: ['work_mem=8MB'] }],
      },
    ]);
  });

  test('on another server they are made as they were, password and all; a second time nothing is changed', async () => {
    const record = await backUp();
    const name = family.names.people;
    await withSession(other.parameters, {}, async (client) => {
      await client.query(`CREATE ROLE "${name}_app" LOGIN CREATEDB`);
      await client.query('CREATE DATABASE restored');
      const applied = await applyRoles(client, record);
      expect(applied.created.toSorted()).toEqual(
        [`${name}_backup`, `${name}_owner`, `${name}_read`, 'Odd "one"'].toSorted(),
      );
      expect(applied.differences).toEqual([`role ${name}_app: createDatabase is true, and was false in the set`]);
      expect(await applyDatabaseSettings(client, record.databases[0]!, { databaseName: 'restored' })).toEqual([]);
      expect((await applyRoles(client, record)).created).toEqual([]);
      const { rows } = await client.query(
        `SELECT pg_get_userbyid(datdba) AS owner, array_agg(DISTINCT coalesce(nullif(grantee, 0)::regrole::text, 'PUBLIC')) AS grantees
           FROM pg_database CROSS JOIN aclexplode(datacl) WHERE datname = 'restored' GROUP BY 1`,
      );
      expect(rows).toEqual([
        {
          owner: `${name}_owner`,
          grantees: expect.arrayContaining([`${name}_app`, `${name}_owner`, '"Odd ""one"""']) as unknown,
        },
      ]);
    });
    const odd = { ...other.parameters, user: 'Odd "one"', password: 'odd secret', database: 'restored' };
    const { rows } = await withSession(odd, {}, (client) =>
      client.query(
        `SELECT current_setting('search_path') AS path, current_setting('custom.note') AS note, current_setting('work_mem') AS memory,
                current_setting('timezone') AS zone, pg_has_role('${name}_read', 'USAGE WITH ADMIN OPTION') AS reads`,
      ),
    );
    expect(rows).toEqual([
      { path: '"$user", "A b", public', note: 'x=y, z', memory: '8MB', zone: 'Europe/Zurich', reads: true },
    ]);
  });

  test('a login that is no superuser reads every row as the backup role, forced policies or not; no verifier is read', async () => {
    const name = family.names.people;
    await family.query(
      name,
      `ALTER TABLE people ENABLE ROW LEVEL SECURITY; ALTER TABLE people FORCE ROW LEVEL SECURITY`,
    );
    await setRolePassword(target, { role: 'backup', password: 'backup secret' });
    const login = {
      ...target,
      parameters: { ...target.parameters, user: `${name}_backup`, password: 'backup secret' },
    };
    const record = await backUp(login);
    expect(record.roles.every(({ verifier }) => verifier === null)).toBe(true);
    await family.query(name, `CREATE ROLE janitor LOGIN PASSWORD 'janitor secret'; GRANT "${name}_backup" TO janitor`);
    await backUp({ ...target, parameters: { ...target.parameters, user: 'janitor', password: 'janitor secret' } });
  });

  test('a login that policies bind, and that cannot become one whom they do not, is told: rows are never left out', async () => {
    const name = family.names.people;
    await family.query(
      name,
      `CREATE ROLE bound LOGIN PASSWORD 'bound secret'; GRANT CONNECT ON DATABASE "${name}" TO bound; GRANT pg_read_all_data TO bound`,
    );
    const bound = { ...target, parameters: { ...target.parameters, user: 'bound', password: 'bound secret' } };
    await expect(backUp(bound)).rejects.toThrow(/row-level security/);
    await family.query(name, 'CREATE ROLE outsider LOGIN; REVOKE pg_read_all_data FROM bound');
    await expect(backUp(bound)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });
});
