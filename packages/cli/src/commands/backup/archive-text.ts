import type { ArchiveStatus } from '@atriz/backup';
import { formatDuration, plural } from '../../output/terminal.ts';

/** How far the archive of a server is, in one line. */
export function describeArchive({
  archivedAt,
  waiting,
  waitingSeconds,
  lossSeconds,
  failedAt,
  failing,
}: ArchiveStatus): string {
  const last =
    archivedAt === null ? 'no segment was archived yet' : `last segment archived at ${archivedAt.toISOString()}`;
  const parts = [
    last,
    waiting > 0 ? `${plural(waiting, 'segment')} waiting, ${formatDuration(waitingSeconds * 1000)} at most` : '',
    failing && failedAt ? `failed at ${failedAt.toISOString()}` : '',
    lossSeconds === null
      ? 'nothing bounds what would be lost'
      : `at most ${formatDuration(lossSeconds * 1000)} would be lost`,
  ];
  return parts.filter(Boolean).join('; ');
}
