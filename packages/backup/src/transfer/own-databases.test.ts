import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { defineDatabase, type Definition } from '@atriz/database';
import { defaultSafety } from '@atriz/database/workspace';
import { createDatabase, migrateUp, seedDatabase, withSession, type Target } from '@atriz/lifecycle';
import { applyRoles } from '@atriz/lifecycle/roles';
import { findTestServer } from '@atriz/testing';
import { expect, test } from 'vitest';
import { readContents, type Contents } from '../../test/memory-set.ts';
import { copyDatabase } from './copy-database.ts';

/** The packages of this repository that own a database. */
const OWNERS = ['packages/core', 'apps/atriz', 'apps/mextrack', 'apps/pshop'];
const REPOSITORY = join(import.meta.dirname, '../../../..');

/** A throw-away database of a package, migrated, with roles and seeds. Disposing of it drops it and its copy. */
async function createOwn(path: string): Promise<AsyncDisposable & { readonly target: Target; readonly copy: Target }> {
  const server = await findTestServer(defineDatabase({ name: 'postgres' }), REPOSITORY, process.env);
  const directory = join(REPOSITORY, path);
  const loaded = (await import(join(directory, 'database.config.ts'))) as { readonly default: Definition };
  const name = `atriz_test_${randomBytes(4).toString('hex')}`;
  const target: Target = {
    database: { ...loaded.default, owner: path, directory, dependsOn: [] },
    family: 'atriz',
    provider: 'embedded',
    environment: 'development',
    safety: defaultSafety('development'),
    parameters: { ...server, database: name },
    settings: [],
  };
  const administer = (statement: string) => withSession(server, {}, (client) => client.query(statement));
  await createDatabase(target);
  await administer(`CREATE DATABASE ${name}_copy TEMPLATE template0`);
  await migrateUp(target);
  await applyRoles(target);
  return {
    target,
    copy: { ...target, parameters: { ...server, database: `${name}_copy` } },
    async [Symbol.asyncDispose]() {
      for (const each of [name, `${name}_copy`]) await administer(`DROP DATABASE ${each} WITH (FORCE)`);
      for (const kind of ['owner', 'app', 'read', 'backup']) await administer(`DROP ROLE ${name}_${kind}`);
    },
  };
}

function contentsOf({ parameters }: Target): Promise<Contents> {
  return withSession(parameters, {}, async (client) => {
    await client.query('BEGIN');
    return readContents(client);
  });
}

test.each(OWNERS)(
  'the database of %s, with roles and seeds, is copied whole by what its own ledger keeps',
  async (path) => {
    await using own = await createOwn(path);
    const { target, copy } = own;
    await seedDatabase(target);
    const { tables, rows } = await copyDatabase({ from: target, to: copy, jobs: 2, context: {} });
    console.info(`${path}: ${rows} rows of ${tables} tables were copied`);
    expect(await contentsOf(copy)).toEqual(await contentsOf(target));
  },
);
