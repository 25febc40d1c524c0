import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AtrizError } from '@atriz/database';
import type { Context } from '../context.ts';
import type { Catalog } from '../drift/catalog.ts';
import { compareCatalogs } from '../drift/compare.ts';
import { readCatalog } from '../drift/read-catalog.ts';
import { replay } from '../drift/replay.ts';
import { describeDifference, SQUASH } from '../drift/sentence.ts';
import { withSnapshot } from '../drift/snapshot.ts';
import { qualified } from '../identifiers.ts';
import type { MigrationFile } from '../migrations/migration-file.ts';
import { withScratchDatabase } from '../scratch.ts';
import type { Target } from '../target.ts';
import type { SquashPlan } from './plan.ts';

interface Made {
  readonly catalog: Catalog;
  /** How many rows the migrations themselves wrote, by table. */
  readonly rows: ReadonlyMap<string, number>;
}

/**
 * Replays the old files into one scratch database and the new one into another, and compares the schemas, and how many
 * rows are in each table. Throws `SQUASH_REFUSED` with what is different, or why the new file does not run.
 */
export async function proveSquash(
  target: Target,
  { plan, files }: { readonly plan: SquashPlan; readonly files: readonly MigrationFile[] },
  context: Context,
): Promise<void> {
  context.onProgress?.(`replaying ${files.length} migrations into a scratch database`);
  const old = await make(target, files, context);
  const directory = await mkdtemp(join(tmpdir(), 'atriz-squash-'));
  try {
    const path = join(directory, `${plan.name}.sql`);
    await writeFile(path, plan.text);
    const database = { ...target.database, directory, migrationsDirectory: '.' };
    context.onProgress?.(`replaying ${plan.name} into a scratch database`);
    const made = await make({ ...target, database }, [{ name: plan.name, path }], context).catch(refuseFailure);
    refuseDifferences(plan, old, made);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function make(target: Target, files: readonly MigrationFile[], context: Context): Promise<Made> {
  return withScratchDatabase(target, context, async (scratch) => {
    await replay(scratch, { direction: 'up', files }, context);
    return withSnapshot(scratch, context, async (client) => {
      const catalog = await readCatalog(client, target.database.migrationsTable);
      const tables = await client.query<{ schema: string; name: string }>(
        `SELECT nspname AS schema, relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
          WHERE relkind = 'r' AND nspname NOT IN ('atriz', 'information_schema') AND nspname !~ '^pg_'
            AND NOT (nspname = 'public' AND relname = $1)`,
        [target.database.migrationsTable],
      );
      const rows = new Map<string, number>();
      for (const { schema, name } of tables.rows) {
        const table = qualified(schema, name);
        const { rows: counts } = await client.query<{ count: number }>(
          `SELECT count(*)::float8 AS count FROM ONLY ${table}`,
        );
        rows.set(table, counts[0]!.count);
      }
      return { catalog, rows };
    });
  });
}

function refuseFailure(error: unknown): never {
  if (!(error instanceof AtrizError) || error.code !== 'MIGRATION_FAILED') throw error;
  throw new AtrizError('SQUASH_REFUSED', `in one transaction the migrations do not run: ${error.message}`, {
    hint: 'squash up to an earlier one, with --to',
    cause: error,
  });
}

function refuseDifferences({ name }: SquashPlan, old: Made, made: Made): void {
  const lines = [
    ...compareCatalogs(old.catalog, made.catalog).map((each) => describeDifference(each, SQUASH)),
    ...[...old.rows].flatMap(([table, count]) => {
      const now = made.rows.get(table);
      return now === undefined || now === count
        ? []
        : [`table ${table} gets ${now} rows by the new file, ${count} by the old ones`];
    }),
  ];
  if (lines.length === 0) return;
  throw new AtrizError('SQUASH_REFUSED', [`${name} would not make the same database:`, ...lines].join('\n'), {
    hint: 'nothing was changed; squash up to an earlier migration, with --to, or squash by hand',
  });
}
