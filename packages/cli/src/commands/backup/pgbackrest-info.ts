import { readArchiveStatus, readStanza, type PhysicalBackup } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { EXIT } from '../../exit-code.ts';
import { errorDocument } from '../../family-command.ts';
import type { Invocation } from '../../invocation.ts';
import { formatAge, formatBytes } from '../../output/size.ts';
import { alignColumns, paint, type Cell } from '../../output/terminal.ts';
import { describeArchive } from './archive-text.ts';
import { chosenNames } from './scope.ts';

const HEADINGS = ['BACKUP', 'TYPE', 'FINISHED', 'SIZE', 'NEW'];

/** Shows the repository, and the archive of the server where it runs: 3 where the archive fails, or was never on. */
export async function info(invocation: Invocation): Promise<number> {
  const { reporter, options } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const databases = chosenNames(invocation);
  const stanza = await readStanza(workspace, databases);
  const archive = await readArchiveStatus(workspace, databases).catch((error: unknown) => ({ error }));
  const isRead = archive !== undefined && !('error' in archive);
  if (options.json) {
    reporter.json({ ...stanza, server: isRead ? archive : null, ...(isRead ? {} : { error: errorOf(archive) }) });
  } else {
    const headings = HEADINGS.map((text): Cell => ({ text, style: 'dim' }));
    const rows = stanza.backups.map((each) => cellsOf(each, Date.now()));
    if (rows.length > 0) for (const line of alignColumns(reporter.stdout, [headings, ...rows])) reporter.line(line);
    else reporter.line('there is no backup yet; make one: atriz backup pgbackrest backup --type full');
    const { first, last } = stanza.archive;
    if (last !== undefined) reporter.line(`archive  ${first} to ${last}`);
    if (isRead) reporter.line(describeArchive(archive));
    else if (archive !== undefined) reporter.error(archive.error);
  }
  if (!isRead) return EXIT.done;
  if (!archive.on || archive.failing) {
    if (!options.json) reporter.line(paint(reporter.stdout, 'red', 'what is written now is not archived'));
    return EXIT.refused;
  }
  return EXIT.done;
}

function errorOf(archive: { readonly error: unknown } | undefined): object | null {
  return archive === undefined ? null : errorDocument(archive.error);
}

function cellsOf({ label, type, finishedAt, bytes, storedBytes, damaged }: PhysicalBackup, now: number): Cell[] {
  return [
    { text: label, style: 'bold' },
    { text: damaged ? `${type}, damaged` : type, ...(damaged ? { style: 'red' } : {}) },
    { text: formatAge(now - finishedAt.getTime()) },
    { text: formatBytes(bytes) },
    { text: formatBytes(storedBytes) },
  ];
}
