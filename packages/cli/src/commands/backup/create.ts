import { createSet, type CreatedSet, type CreateSetOptions, type SetPlan } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { EXIT, exitCodeOfError } from '../../exit-code.ts';
import { errorDocument } from '../../family-command.ts';
import type { Invocation } from '../../invocation.ts';
import { formatBytes } from '../../output/size.ts';
import { formatDuration, paint, plural } from '../../output/terminal.ts';

export interface CreateCommandOptions extends Pick<CreateSetOptions, 'perDatabase' | 'store' | 'engine'> {}

/** Makes a set of the chosen databases. A store that did not take it decides the exit code, although others did. */
export async function create(invocation: Invocation, options: CreateCommandOptions): Promise<number> {
  const { reporter, databases, runId } = invocation;
  const start = performance.now();
  const made = await createSet(await openBackupWorkspace(invocation), {
    databases: databases.map(({ name }) => name),
    purpose: 'manual',
    runId,
    perDatabase: options.perDatabase,
    store: options.store,
    engine: options.engine,
    onPlan: (plan) => tellPlan(invocation, plan, options),
  });
  const durationMs = Math.round(performance.now() - start);
  if (invocation.options.json) reporter.json(toDocument(made, { runId, durationMs }));
  else tell(invocation, made, durationMs);
  const [failure] = made.failures;
  return failure ? exitCodeOfError(failure.error) : EXIT.done;
}

function tellPlan(
  { reporter, options: { json } }: Invocation,
  { targets, engine, stores, settings, warnings }: SetPlan,
  { perDatabase = false }: CreateCommandOptions,
): void {
  const what = targets.map(({ database }) => database.name).join(', ');
  const how = [
    engine.name === 'logical' ? 'by pg_dump' : 'as the whole server',
    perDatabase ? 'each database at a snapshot of its own where no common one can be had' : 'at one snapshot',
    settings.encryption ? 'encrypted' : 'not encrypted',
  ];
  reporter.line(`backing up ${what}: ${how.join(', ')}, to ${stores.map(({ place }) => place).join(' and ')}`);
  for (const warning of warnings) {
    if (json) reporter.progress('', warning);
    else reporter.line(`${paint(reporter.stdout, 'yellow', 'note')} ${warning}`);
  }
}

function tell({ reporter }: Invocation, { id, manifest, failures, stores }: CreatedSet, durationMs: number): void {
  for (const { store, error } of failures) reporter.error(error, store.place);
  if (manifest.consistency !== 'snapshot') {
    const how =
      manifest.consistency === 'per-server'
        ? 'the databases are on several servers: what each server has is of one moment, and the moments differ'
        : 'each database is of a moment of its own';
    reporter.line(`${paint(reporter.stdout, 'yellow', 'note')} ${how}`);
  }
  const databases = plural(manifest.databases.length, 'database');
  const size = `${databases}, ${formatBytes(sizeOf(manifest))}`;
  reporter.line(
    `${paint(reporter.stdout, 'bold', id)}  ${paint(reporter.stdout, 'green', size)}  ${paint(reporter.stdout, 'dim', formatDuration(durationMs))}`,
  );
  if (failures.length > 0) reporter.line(`it is in ${stores.map(({ place }) => place).join(', ')} only`);
  reporter.line(`${paint(reporter.stdout, 'cyan', 'next')} prove it: atriz backup verify --restore`);
}

function sizeOf({ files }: CreatedSet['manifest']): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function toDocument(
  { id, manifest, stores, failures, warnings }: CreatedSet,
  { runId, durationMs }: { readonly runId: string; readonly durationMs: number },
): object {
  const { engine, consistency, takenAt, encryption } = manifest;
  return {
    run: runId,
    set: id,
    engine,
    consistency,
    encrypted: encryption !== null,
    takenAt,
    durationMs,
    bytes: sizeOf(manifest),
    databases: manifest.databases.map(({ name, tables, bytes }) => ({
      name,
      tables: tables.length,
      rows: tables.reduce((sum, { rows }) => sum + rows, 0),
      bytes,
    })),
    stores: stores.map(({ name, place }) => ({ name, place })),
    failures: failures.map(({ store: { name, place }, error }) => ({ name, place, error: errorDocument(error) })),
    warnings,
  };
}
