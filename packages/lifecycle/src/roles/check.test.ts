import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { migration, openPlantation, type Plantation } from '../../test/plantation.ts';
import { dropDatabase } from '../drop.ts';
import { applyRoles } from './apply.ts';
import { checkRoles } from './check.ts';
import { roleNames, type RoleNames } from './names.ts';

const TABLES = `
CREATE TABLE trees (id int, name text);
CREATE TABLE notes (owner text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON notes USING (owner = 'me');`;

let plants: Plantation;
let names: RoleNames;
let login: string;
beforeAll(async () => {
  plants = await openPlantation({
    migrations: { '1700000000001_tables.sql': migration(TABLES) },
    migrated: true,
    definition: { access: { trees: { read: ['id'] } } },
  });
  names = roleNames(plants.target.parameters.database);
  login = plants.target.parameters.user;
});
beforeEach(async () => void (await applyRoles(plants.target)));
afterAll(async () => {
  await plants.query(`ALTER DATABASE ${plants.target.parameters.database} OWNER TO CURRENT_USER`);
  for (const role of Object.values(names)) {
    await plants.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
  await plants[Symbol.asyncDispose]();
});

/** Every kind of drift: what was done, and in which words it is found. */
const DRIFTS: readonly (readonly [statement: string, ...findings: string[]])[] = [
  ['ALTER ROLE {app} SUPERUSER CREATEDB', 'role {app} is SUPERUSER', 'role {app} is CREATEDB'],
  ['ALTER ROLE {read} NOLOGIN', 'role {read} is not LOGIN'],
  ['GRANT {owner} TO {app}', 'role {app} is a member of {owner}'],
  ['GRANT TRUNCATE ON trees TO {app}', '{app} may TRUNCATE on table public.trees'],
  ['REVOKE INSERT ON trees FROM {app}', '{app} may not INSERT on table public.trees'],
  ['GRANT SELECT ON trees TO {read}', '{read} may SELECT on table public.trees'],
  ['GRANT SELECT (name) ON trees TO {read}', '{read} may SELECT (name) on table public.trees'],
  ['REVOKE SELECT (id) ON trees FROM {read}', '{read} may not SELECT (id) on table public.trees'],
  ['GRANT UPDATE ON notes TO PUBLIC', 'PUBLIC may UPDATE on table public.notes'],
  ['GRANT SELECT ON trees TO {app} WITH GRANT OPTION', '{app} may grant SELECT on table public.trees'],
  ['GRANT CONNECT ON DATABASE {database} TO PUBLIC', 'PUBLIC may CONNECT on database {database}'],
  ['GRANT CREATE ON SCHEMA public TO {app}', '{app} may CREATE on schema public'],
  ['GRANT CREATE ON SCHEMA public TO PUBLIC', 'PUBLIC may CREATE in schema public'],
  ['GRANT SELECT ON atriz.runs TO {app}', '{app} may SELECT on table atriz.runs'],
  ['ALTER TABLE trees OWNER TO {login}', 'table public.trees belongs to {login}'],
  [
    'ALTER TABLE notes DISABLE ROW LEVEL SECURITY',
    'row-level security of table public.notes, which has policies, is disabled',
  ],
  [
    'ALTER TABLE notes NO FORCE ROW LEVEL SECURITY',
    'row-level security of table public.notes, which has policies, is not forced',
  ],
  [
    'ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {read}',
    '{read} may SELECT on tables of the owner’s making',
  ],
];

function fill(text: string): string {
  const words: Readonly<Record<string, string>> = { ...names, database: plants.target.parameters.database, login };
  return text.replaceAll(/\{(\w+)\}/g, (_, word: string) => words[word]!);
}

test.each(DRIFTS)('%s is found, and mended', async (statement, ...findings) => {
  await plants.query(fill(statement));
  const found = { findings: findings.map(fill) };
  await expect(checkRoles(plants.target)).resolves.toEqual(found);
  await expect(applyRoles(plants.target)).resolves.toEqual({ changes: found.findings });
  await expect(checkRoles(plants.target)).resolves.toEqual({ findings: [] });
});

test('a role that is gone is found, and made again with all that it may do', async () => {
  await plants.query(`DROP OWNED BY ${names.backup}; DROP ROLE ${names.backup}`);
  const { findings } = await checkRoles(plants.target);
  expect(findings).toContain(`role ${names.backup} is missing`);
  expect(findings).toContain(`${names.backup} may not SELECT on table public.trees`);
  await applyRoles(plants.target);
  await expect(checkRoles(plants.target)).resolves.toEqual({ findings: [] });
});

test('what a role of somebody’s own may do is left alone', async () => {
  const own = `${plants.target.parameters.database}_own`;
  await plants.query(`CREATE ROLE ${own}; GRANT SELECT ON trees TO ${own}`);
  await expect(checkRoles(plants.target)).resolves.toEqual({ findings: [] });
  await plants.query(`DROP OWNED BY ${own}; DROP ROLE ${own}`);
});

test('a database that is dropped takes its roles with it, and only its own', async () => {
  await using other = await openPlantation({ migrations: {}, migrated: true });
  await applyRoles(other.target);
  await other.client.end();
  await dropDatabase(other.target);
  const gone = Object.values(roleNames(other.target.parameters.database));
  await expect(
    plants.list(`SELECT rolname FROM pg_roles WHERE rolname = ANY ('{${gone.join(',')}}')`),
  ).resolves.toEqual([]);
  await expect(
    plants.list(`SELECT count(*)::int FROM pg_roles WHERE rolname = ANY ('{${Object.values(names).join(',')}}')`),
  ).resolves.toEqual([4]);
});
