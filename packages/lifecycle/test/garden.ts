import { createDatabasePool } from '@atriz/database';
import { formatConnectionString, rolePassword } from '@atriz/database/workspace';
import pg from 'pg';
import { applyRoles } from '../src/roles/apply.ts';
import { checkRoles } from '../src/roles/check.ts';
import { roleNames, type RoleKind } from '../src/roles/names.ts';
import { migration, openPlantation, type Plantation, type PlantationOptions } from './plantation.ts';

/** A database with roles. */
export interface Garden extends Plantation {
  /** Runs one statement as a role, and returns its rows' first values. */
  as(role: RoleKind, text: string, database?: string): Promise<unknown[]>;
  apply(): Promise<readonly string[]>;
  check(): Promise<readonly string[]>;
}

const TABLES = `
CREATE TABLE trees (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, secret text);
CREATE TABLE notes (id serial, owner text NOT NULL);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON notes USING (owner = current_setting('garden.user', true));
CREATE TABLE rings (year int NOT NULL, width int) PARTITION BY RANGE (year);
CREATE TABLE rings_2026 PARTITION OF rings FOR VALUES FROM (2026) TO (2027);
CREATE VIEW names AS SELECT name FROM trees;
CREATE TYPE kind AS ENUM ('oak', 'elm');
CREATE FUNCTION height() RETURNS int LANGUAGE sql AS 'SELECT 3';
REVOKE EXECUTE ON FUNCTION height() FROM PUBLIC;
CREATE SCHEMA nursery;
CREATE TABLE nursery.seedlings (id int);`;

export const ACCESS = {
  trees: { read: ['id', 'name'] },
  'nursery.seedlings': { app: ['select', 'insert'], read: [] },
} as const;

/** A migrated database whose roles are applied unless it is said otherwise; leaving its scope drops the roles too. */
export async function openGarden({
  applied = true,
  ...options
}: PlantationOptions & { readonly applied?: boolean } = {}): Promise<Garden> {
  const plants = await openPlantation({
    migrations: { '1700000000001_tables.sql': migration(TABLES) },
    migrated: true,
    definition: { access: ACCESS },
    ...options,
  });
  const { parameters } = plants.target;
  const names = roleNames(parameters.database);
  const passwordOf = (role: string): string => rolePassword(parameters.password, role);
  const apply = async (): Promise<readonly string[]> => (await applyRoles(plants.target, { passwordOf })).changes;
  if (applied) await apply();
  const roles = Object.values(names).map((name) => pg.escapeIdentifier(name));
  return {
    ...plants,
    apply,
    check: async () => (await checkRoles(plants.target)).findings,
    as: async (role, text, database = parameters.database) => {
      const user = names[role];
      const connectionString = formatConnectionString({ ...parameters, user, password: passwordOf(user), database });
      await using db = createDatabasePool({ connectionString, max: 1 });
      const { rows } = await db.query({ text, rowMode: 'array' } as pg.QueryConfig);
      return (rows as unknown as unknown[][]).map(([value]) => value);
    },
    async [Symbol.asyncDispose]() {
      await plants.query(`ALTER DATABASE ${pg.escapeIdentifier(parameters.database)} OWNER TO CURRENT_USER`);
      const there = await plants.list(
        `SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = ANY ('{${roles.join(',')}}')`,
      );
      for (const role of there) await plants.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}`);
      for (const role of there) await plants.query(`DROP ROLE ${role}`);
      await plants[Symbol.asyncDispose]();
    },
  };
}
