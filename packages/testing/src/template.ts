import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import { rolePassword, type FamilyDatabase } from '@atriz/database/workspace';
import { migrateUp, readMigrationFiles, type Target } from '@atriz/lifecycle';
import { applyRoles, roleNames, ROLES_VERSION } from '@atriz/lifecycle/roles';
import pg from 'pg';
import { waitUntilUnused } from './sessions.ts';

/** All throw-away databases begin with this, so that a person can tell and drop them. */
export const PREFIX = 'atriz_test_';

const HASH_LENGTH = 12;

export interface TemplateOptions {
  /** Whether it has the roles of a database. Default true. */
  readonly roles?: boolean | undefined;
}

/** The template's name says what is in it: the same migrations and grants give the same name, whoever makes it. */
export async function templateName(
  database: FamilyDatabase,
  family: string,
  { roles = true }: TemplateOptions = {},
): Promise<string> {
  const { name, directory, migrationsDirectory, migrationsTable, access = {} } = database;
  const hash = createHash('sha256').update(`${family}\0${name}\0${migrationsTable}`);
  hash.update(roles ? `\0${ROLES_VERSION}\0${JSON.stringify(access)}` : '\0no roles');
  const files = await readMigrationFiles(join(directory, migrationsDirectory));
  const texts = await Promise.all(files.map(({ path }) => readFile(path)));
  for (const [index, file] of files.entries()) hash.update(`\0${file.name}\0`).update(texts[index]!);
  return `${PREFIX}${shorten(name)}_${hash.digest('hex').slice(0, HASH_LENGTH)}`;
}

/** Leaves room for the prefix, a hash and a clone's mark within PostgreSQL's 63 bytes. */
export function shorten(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_').slice(0, 20);
}

/**
 * Makes the migrated template unless it is there. Several test files may ask at once: one makes it, the others wait.
 * It gets its name only when it is whole, so a maker that dies leaves nothing that looks like a template.
 */
export async function ensureTemplate(
  maintenance: pg.Client,
  target: Target,
  { template, roles }: TemplateOptions & { readonly template: string },
): Promise<void> {
  if (await exists(maintenance, template)) return;
  await maintenance.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [template]);
  try {
    if (await exists(maintenance, template)) return;
    const unfinished = pg.escapeIdentifier(`${template}_unfinished`);
    await maintenance.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await maintenance.query(`CREATE DATABASE ${unfinished}`);
    const parameters = { ...target.parameters, database: `${template}_unfinished` };
    try {
      await migrateUp({ ...target, parameters });
      if (roles) await makeRoles({ ...target, parameters }, template);
    } catch (error) {
      // Each text of a migration that is being written would leave another one. Where this fails, the next maker does it.
      await maintenance.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`).catch(() => undefined);
      throw error;
    }
    await waitUntilUnused(maintenance, `${template}_unfinished`);
    await maintenance.query(`ALTER DATABASE ${unfinished} RENAME TO ${pg.escapeIdentifier(template)}`);
  } finally {
    await maintenance.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [template]);
  }
}

/**
 * The template's roles are its copies' too: what is granted in it comes with a copy. Where the tests' login may not make
 * roles there are none, and who asks for one is told.
 */
async function makeRoles(target: Target, template: string): Promise<void> {
  const { password } = target.parameters;
  try {
    await applyRoles(target, { names: roleNames(template), passwordOf: (role) => rolePassword(password, role) });
  } catch (error) {
    if (!(error instanceof AtrizError && error.code === 'PERMISSION_DENIED')) throw error;
  }
}

/** Whether the template has roles. */
export async function hasRoles(client: pg.Client, template: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [roleNames(template).app]);
  return rowCount !== 0;
}

async function exists(client: pg.Client, database: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
  return rowCount !== 0;
}
