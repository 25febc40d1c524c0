import { expect, test } from 'vitest';
import { parseMigration } from '../migrations/migration-file.ts';
import { refuseServerWide } from './server-wide.ts';

const read = (up: string, down = 'SELECT 1;') =>
  parseMigration({ name: 'x', path: 'x.sql' }, `-- Up Migration\n${up}\n-- Down Migration\n${down}\n`);

test.each([
  ['CREATE ROLE app', 'CREATE ROLE'],
  ['CREATE USER app', 'CREATE ROLE'],
  [`ALTER ROLE app SET search_path = 'x'`, 'ALTER ROLE'],
  ['GRANT reader TO app', 'GRANT ROLE'],
  ['ALTER DATABASE plants SET work_mem = 1', 'ALTER DATABASE'],
  ['GRANT CONNECT ON DATABASE plants TO app', 'GRANT'],
  ['REVOKE ALL ON DATABASE plants FROM PUBLIC', 'REVOKE'],
  ['ALTER SYSTEM SET work_mem = 1', 'ALTER SYSTEM'],
  [`CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p`, 'CREATE SUBSCRIPTION'],
])('%s is not replayed', async (statement, kind) => {
  await expect(refuseServerWide([await read(`SELECT 1;\n${statement};`)], 'up')).rejects.toMatchObject({
    code: 'REPLAY_REFUSED',
    message: `x.sql:3: ${kind} acts on the whole server, so a replay of it would not stay in its scratch database`,
  });
});

test('a Down section is looked at where it is to be run', async () => {
  const migration = await read('SELECT 1;', 'DROP ROLE app;');
  await expect(refuseServerWide([migration], 'up')).resolves.toBeUndefined();
  await expect(refuseServerWide([migration], 'both')).rejects.toMatchObject({ code: 'REPLAY_REFUSED' });
});

test('what only mentions a role, and what is in a DO block, is replayed', async () => {
  const migration = await read(`CREATE TABLE role (database text, "user" text);
    GRANT SELECT ON role TO PUBLIC; -- GRANT CONNECT ON DATABASE
    CREATE POLICY p ON role USING (current_user = 'x');
    DO $$ BEGIN CREATE ROLE app; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    GRANT USAGE ON SCHEMA public TO PUBLIC;`);
  await expect(refuseServerWide([migration], 'both')).resolves.toBeUndefined();
});
