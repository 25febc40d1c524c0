import { findSet, type Manifest } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { EXIT } from '../../exit-code.ts';
import type { Invocation } from '../../invocation.ts';
import { formatBytes } from '../../output/size.ts';
import { alignColumns, paint, plural, type Cell } from '../../output/terminal.ts';
import { backupContext } from './scope.ts';

export interface ShowCommandOptions {
  readonly store?: string | undefined;
  readonly acceptUnsigned?: boolean | undefined;
}

/** Shows what a set's manifest says, the newest one's when none is named; as JSON the whole of it. Reads no row. */
export async function show(
  invocation: Invocation,
  id: string | undefined,
  { store, acceptUnsigned }: ShowCommandOptions,
): Promise<number> {
  const { reporter, options } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const reader = await findSet(workspace, { id, store, acceptUnsigned, context: backupContext(invocation) });
  if (options.json) {
    reporter.json({ store: reader.store.place, manifestSha256: reader.manifestSha256, manifest: reader.manifest });
    return EXIT.done;
  }
  const { manifest } = reader;
  const { stdout } = reporter;
  const bold = (text: string): string => paint(stdout, 'bold', text);
  reporter.line(`${bold(manifest.id)} in ${reader.store.place}`);
  const facts = Object.entries(factsOf(manifest)).map(([name, text]): Cell[] => [
    { text: name, style: 'dim' },
    { text },
  ]);
  for (const line of alignColumns(stdout, facts)) reporter.line(line);
  reporter.line('');
  for (const line of alignColumns(stdout, databaseRows(manifest))) reporter.line(line);
  reporter.line('');
  for (const line of alignColumns(stdout, fileRows(manifest))) reporter.line(line);
  return EXIT.done;
}

const CONSISTENCY: Readonly<Record<Manifest['consistency'], string>> = {
  snapshot: 'one snapshot over all databases, in commit order',
  'per-database': 'each database at a snapshot of its own',
  'per-server': 'one snapshot on each of several servers',
};

function factsOf(manifest: Manifest): Readonly<Record<string, string>> {
  const { encryption, servers } = manifest;
  return {
    family: `${manifest.family}, ${manifest.environment}`,
    taken: `${manifest.takenAt}, finished ${manifest.finishedAt}`,
    why: manifest.purpose,
    run: manifest.runId,
    engine: manifest.engine,
    consistency: CONSISTENCY[manifest.consistency],
    servers: servers
      .map(({ host, port, version }) => `PostgreSQL ${formatVersion(version)} at ${host}:${port}`)
      .join(', '),
    compression: manifest.compression,
    encryption: encryption === null ? 'none' : `${encryption.format}, by ${encryption.key}`,
    commit: manifest.commit ?? 'none known',
    atriz: manifest.atrizVersion,
  };
}

/** `150018` is 15.18. */
function formatVersion(version: number): string {
  return `${Math.floor(version / 10_000)}.${version % 10_000}`;
}

function databaseRows({ databases }: Manifest): Cell[][] {
  const headings = ['DATABASE', 'SIZE', 'TABLES', 'ROWS', 'MIGRATIONS', 'HEAD'].map((text): Cell => ({
    text,
    style: 'dim',
  }));
  return [
    headings,
    ...databases.map(({ name, bytes, tables, migrations }): Cell[] => [
      { text: name, style: 'bold' },
      { text: formatBytes(bytes) },
      { text: plural(tables.length, 'table') },
      {
        text: plural(
          tables.reduce((sum, { rows }) => sum + rows, 0),
          'row',
        ),
      },
      { text: String(migrations.length) },
      { text: migrations.at(-1)?.name ?? '-' },
    ]),
  ];
}

function fileRows({ files }: Manifest): Cell[][] {
  const headings = ['FILE', 'SIZE', 'HOLDS', 'SHA-256'].map((text): Cell => ({ text, style: 'dim' }));
  return [
    headings,
    ...files.map(({ path, bytes, plainBytes, sha256 }): Cell[] => [
      { text: path },
      { text: formatBytes(bytes) },
      { text: formatBytes(plainBytes) },
      { text: sha256 },
    ]),
  ];
}
