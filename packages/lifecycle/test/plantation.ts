import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defineDatabase, type DatabaseDefinition } from '@atriz/database';
import { defaultSafety } from '@atriz/database/workspace';
import { createTestDatabase } from '@atriz/testing';
import pg from 'pg';
import { migrateUp } from '../src/migrations/migrate.ts';
import type { Target } from '../src/target.ts';

/** A package of a test's own with a database that Atriz has never seen; leaving its scope drops and removes both. */
export interface Plantation extends AsyncDisposable {
  readonly directory: string;
  readonly target: Target;
  /** A session outside what is tested. */
  readonly client: pg.Client;
  /** The rows of a statement. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** The values of a statement's first column. */
  list(text: string): Promise<unknown[]>;
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export interface PlantationOptions {
  /** Texts by file name. */
  readonly migrations?: Readonly<Record<string, string>>;
  readonly seeds?: Readonly<Record<string, string>>;
  readonly definition?: Partial<DatabaseDefinition>;
  /** Apply the migrations. Default false. */
  readonly migrated?: boolean;
}

/** A migration of two sections. */
export function migration(up: string, down = 'SELECT 1;'): string {
  return `-- Up Migration\n${up}\n-- Down Migration\n${down}\n`;
}

export async function openPlantation(options: PlantationOptions = {}): Promise<Plantation> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'atriz-lifecycle-test-'));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const definition = defineDatabase({ name: 'plants', ...options.definition });
  const test = opened.use(await createTestDatabase(definition, { directory: import.meta.dirname, roles: false }));
  const { ssl, ...parameters } = test.parameters;
  const client = new pg.Client({ ...parameters, ssl: (ssl ?? false) as boolean });
  await client.connect();
  opened.defer(() => client.end());
  await client.query('DROP SCHEMA atriz CASCADE');
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  };
  for (const [name, text] of Object.entries(options.migrations ?? {})) await write(`migrations/${name}`, text);
  for (const [name, text] of Object.entries(options.seeds ?? {})) await write(`seeds/${name}`, text);
  const query = async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> =>
    (await client.query<Row>(text, values)).rows;
  const target: Target = {
    database: { ...definition, owner: '@plants/app', directory, dependsOn: [] },
    family: 'plantation',
    provider: 'postgresql',
    environment: 'development',
    safety: defaultSafety('development'),
    parameters: test.parameters,
    settings: [{ variable: 'DATABASE_URL', value: test.connectionString, from: 'the process' }],
  };
  if (options.migrated) await migrateUp(target);
  const all = opened.move();
  return {
    directory,
    client,
    target,
    query,
    list: async (text) => (await query<Record<string, unknown>>(text)).map((row) => Object.values(row)[0]),
    write,
    remove: (path) => rm(join(directory, path)),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
