import { AtrizError } from '@atriz/database';
import { checkIdentity, readIdentity, withRun, withSession, type Context, type Target } from '@atriz/lifecycle';
import type { Engine } from '../engines/engine.ts';
import type { Manifest, ManifestDatabase } from '../manifest/manifest.ts';
import { compareWithManifest } from '../proof/compare.ts';
import type { SetReader } from '../set/reader.ts';
import { copyTable } from '../transfer/copy-table.ts';
import type { TableName } from '../transfer/table.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { unproven } from './databases.ts';
import { withEnding } from './names.ts';
import { chooseDatabases } from './plan.ts';
import { filesOf } from './preflight.ts';
import { checkReplaceable } from './replaceable.ts';
import type { RestoredTable, RestoreRequest } from './request.ts';
import { checkStoredFiles } from './stored-files.ts';

export interface RestoreTableOptions {
  readonly request: RestoreRequest & { readonly table: string };
  readonly engine: Engine;
  readonly command: string;
  readonly jobs: number;
  readonly context: Context;
}

/** A table of a set, and the database that it is in. */
export interface FoundTable {
  readonly entry: ManifestDatabase;
  readonly table: TableName;
}

/**
 * Brings back the rows of one table: its database is restored elsewhere and compared with the manifest, and the table
 * copied from there in one transaction, into a new table beside the live one, or in the place of its rows.
 *
 * Throws what `checkRestore` does before anything is touched, and what `copyTable` does.
 */
export async function restoreTable(
  workspace: BackupWorkspace,
  reader: SetReader,
  { request, engine, command, jobs, context }: RestoreTableOptions,
): Promise<RestoredTable> {
  const start = performance.now();
  const { databases, inPlace } = request;
  const chosen = chooseDatabases(reader.manifest, workspace.family, { databases, inPlace });
  if (inPlace && request.as !== undefined) {
    throw new AtrizError('ARGUMENT_INVALID', 'a table that is restored in place keeps its name', {
      hint: 'leave out --as, or --in-place',
    });
  }
  const { entry, table } = findTable(reader.manifest, chosen, request.table);
  const target = await workspace.open(entry.name);
  if (inPlace) await checkReplaceable(workspace, [entry.name], context);
  await withSession(target.parameters, context, async (client) => {
    const identity = await readIdentity(client);
    if (identity) checkIdentity(identity, target);
  });
  await checkStoredFiles(reader, filesOf(reader, [entry]), context);
  await using scratch = await engine.restoreScratch(reader, [target], { context, jobs, fallback: target });
  const from = scratch.targets.get(entry.name)!;
  await refuseUnproven(reader.manifest, { entry, from, context });
  const as = inPlace ? undefined : (request.as ?? withEnding(table.name, '_restored'));
  const label = `${table.schema}.${as ?? table.name}`;
  context.onProgress?.(`copying ${table.schema}.${table.name} to ${entry.name}`);
  const { rows } = await withSession(target.parameters, context, (client) =>
    withRun(client, command, context, async ({ note }) => {
      const copied = await copyTable({ from, to: target, table, as, context });
      note(`${label} from ${reader.manifest.id}`);
      return copied;
    }),
  );
  return { database: entry.name, table: label, rows, durationMs: performance.now() - start };
}

/**
 * The one table that a name means, `vehicles` or `public.vehicles`. One that the manifest does not list, such as the
 * parent of partitions, is looked for in the database that was chosen. Pure.
 */
export function findTable(
  { id }: Pick<Manifest, 'id'>,
  databases: readonly ManifestDatabase[],
  name: string,
): FoundTable {
  const dot = name.indexOf('.');
  const [schema, bare] = dot === -1 ? [undefined, name] : [name.slice(0, dot), name.slice(dot + 1)];
  const found = databases.flatMap((entry) =>
    entry.tables
      .filter((table) => table.name === bare && (schema === undefined || table.schema === schema))
      .map((table): FoundTable => ({ entry, table: { schema: table.schema, name: table.name } })),
  );
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const where = found.map(({ entry, table }) => `${table.schema}.${table.name} of ${entry.name}`).join(', ');
    throw new AtrizError('ARGUMENT_INVALID', `"${name}" is several tables of ${id}: ${where}`, {
      hint: 'name its schema, or its database: --database NAME',
    });
  }
  if (databases.length === 1) return { entry: databases[0]!, table: { schema: schema ?? 'public', name: bare } };
  throw new AtrizError('ARGUMENT_INVALID', `no database of ${id} has a table "${name}" with rows of its own`, {
    hint: 'see what there is: atriz backup show; for the parent of partitions name the database: --database NAME',
  });
}

async function refuseUnproven(
  { id }: Manifest,
  { entry, from, context }: { readonly entry: ManifestDatabase; readonly from: Target; readonly context: Context },
): Promise<void> {
  const differences = await compareWithManifest(from, entry, context);
  if (differences.length > 0)
    throw unproven(
      entry,
      id,
      differences.map(({ message }) => message),
    );
}
