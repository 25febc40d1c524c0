import { AtrizError } from '@atriz/database';
import { z } from 'zod';
import type { PhysicalBackup } from '../info.ts';
import type { RecoveryTarget } from './recovery-target.ts';

/** A segment of the archive. */
export interface ArchivedSegment {
  /** 24 hexadecimal digits: its timeline, and its number in two parts. */
  readonly name: string;
  /** When it was put there. */
  readonly archivedAt: Date;
}

const listing = z.record(z.string(), z.object({ type: z.string(), time: z.int().optional() }));
const SEGMENT = /(?:^|\/)([0-9A-F]{24})-[0-9a-f]{40}/;

/** Reads what `pgbackrest repo-ls --recurse --output=json` printed about an archive. Pure; what is no segment is left out. */
export function parseListing(text: string): ArchivedSegment[] {
  return Object.entries(listing.parse(JSON.parse(text))).flatMap(([path, { type, time = 0 }]) => {
    const name = type === 'file' ? SEGMENT.exec(path)?.[1] : undefined;
    return name === undefined ? [] : [{ name, archivedAt: new Date(time * 1000) }];
  });
}

/**
 * Refuses a recovery that would meet a hole in the archive: PostgreSQL takes a missing segment for the end, and comes up
 * as if nothing had ever followed. Looked at is each segment from the backup's first one on, up to the first that was
 * archived after the target's time, on whichever timeline. Pure. Throws `BACKUP_FILE_MISSING`.
 */
export function refuseGap(
  segments: readonly ArchivedSegment[],
  { label, firstSegment }: Pick<PhysicalBackup, 'label' | 'firstSegment'>,
  target: RecoveryTarget,
): void {
  if (firstSegment === null) return;
  const start = positionOf(firstSegment);
  const archived = new Map<string, Date>();
  for (const { name, archivedAt } of segments) {
    const position = positionOf(name);
    const known = archived.get(position);
    if (position >= start && (known === undefined || known > archivedAt)) archived.set(position, archivedAt);
  }
  const highest = Math.max(...[...archived.keys()].map((each) => partsOf(each)[1]));
  let previous: string | undefined;
  for (const position of [...archived.keys()].toSorted()) {
    const expected = previous === undefined ? [start] : successorsOf(previous, highest);
    if (!expected.includes(position)) throw missing(expected[0]!, label);
    if (target.kind === 'time' && archived.get(position)! > target.at) return;
    previous = position;
  }
  if (previous === undefined) throw missing(start, label);
}

/** Timelines share their segments' numbers. */
function positionOf(name: string): string {
  return name.slice(8);
}

const DIGITS = 8;

function partsOf(position: string): [log: number, segment: number] {
  return [Number.parseInt(position.slice(0, DIGITS), 16), Number.parseInt(position.slice(DIGITS), 16)];
}

/**
 * What may come next. Where the second part of the number starts anew depends on the size of segments, a power of two
 * that their names do not tell: after the highest that there is, if it could be the last one.
 */
function successorsOf(position: string, highest: number): string[] {
  const [log, segment] = partsOf(position);
  const next = format(log, segment + 1);
  const mayBeLast = segment === highest && (segment & (segment + 1)) === 0;
  return mayBeLast ? [format(log + 1, 0), next] : [next];
}

function format(log: number, segment: number): string {
  return [log, segment].map((part) => part.toString(16).toUpperCase().padStart(DIGITS, '0')).join('');
}

function missing(position: string, label: string): AtrizError {
  return new AtrizError(
    'BACKUP_FILE_MISSING',
    `segment ${position} is not in the archive: whatever followed backup ${label} ends before it`,
    { hint: 'restore to a time before that segment, or begin with a later backup, by its label' },
  );
}
