import { AtrizError } from '@atriz/database';
import type { PhysicalBackup, StanzaInfo } from '../info.ts';

/** The moment that a server is brought back to. */
export type RecoveryTarget =
  /** What was committed at that time or before it; `text` is the time for PostgreSQL, to the microsecond, in UTC. */
  | { readonly kind: 'time'; readonly at: Date; readonly text: string }
  /** A restore point: `SELECT pg_create_restore_point('before the sale')`. */
  | { readonly kind: 'name'; readonly name: string }
  /** The end of the archive. */
  | { readonly kind: 'latest' };

const MOMENT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,6})?\s*(Z|[+-]\d\d(?::?\d\d)?)$/i;

/** Reads `--as-of`: `latest`, or a time with its zone. Pure. Throws `ARGUMENT_INVALID`. */
export function parseAsOf(text: string): RecoveryTarget {
  if (text === 'latest') return { kind: 'latest' };
  const [, day, time, fraction = '', zone = ''] = MOMENT.exec(text.trim()) ?? [];
  const offset = zone.length === 3 ? `${zone}:00` : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  const whole = new Date(`${day}T${time}${offset.toUpperCase()}`);
  if (Number.isNaN(whole.getTime())) {
    throw new AtrizError('ARGUMENT_INVALID', `"${text}" is no time with its zone`, {
      hint: 'write it as 2026-11-21T12:00:00Z or 2026-11-21T13:00:00+01:00, or say latest',
    });
  }
  const at = new Date(whole.getTime() + Math.floor(Number(`0${fraction}`) * 1000));
  return { kind: 'time', at, text: `${whole.toISOString().slice(0, 19).replace('T', ' ')}${fraction}+00` };
}

/** As a person reads it. */
export function describeTarget(target: RecoveryTarget): string {
  switch (target.kind) {
    case 'time':
      return target.text.replace(/\+00$/, ' UTC');
    case 'name':
      return `restore point "${target.name}"`;
    case 'latest':
      return 'the end of the archive';
  }
}

export interface ChoiceOptions {
  /** The label of the backup to begin with. Default: the newest that the target allows. */
  readonly label?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The backup that recovery to a target begins with: the newest that was finished before it, so that the least has to be
 * replayed. When a restore point was made is not known beforehand, so for one it is the newest of all, unless named. Pure.
 *
 * Throws `ARGUMENT_INVALID` for a time to come, `BACKUP_UNKNOWN` where no backup reaches back to the target.
 */
export function chooseBackup(
  info: Pick<StanzaInfo, 'stanza' | 'backups'>,
  target: RecoveryTarget,
  { label, now }: ChoiceOptions,
): PhysicalBackup {
  if (target.kind === 'time' && target.at.getTime() > now) {
    const message = `${describeTarget(target)} is still to come: it is ${new Date(now).toISOString()}`;
    throw new AtrizError('ARGUMENT_INVALID', message, { hint: 'name a time that has passed, or say latest' });
  }
  const usable = info.backups.filter((each) => !each.damaged && (label === undefined || each.label === label));
  const found = usable.findLast((each) => target.kind !== 'time' || each.finishedAt < target.at);
  if (found) return found;
  throw noBackup(info, target, { label, first: usable[0] });
}

function noBackup(
  { stanza }: Pick<StanzaInfo, 'stanza'>,
  target: RecoveryTarget,
  { label, first }: { readonly label: string | undefined; readonly first: PhysicalBackup | undefined },
): AtrizError {
  const which = label === undefined ? 'no backup' : `no backup ${label}`;
  if (first === undefined) {
    return new AtrizError('BACKUP_UNKNOWN', `the repository holds ${which} of stanza ${stanza}`, {
      hint: 'see what it holds: atriz backup pgbackrest info',
    });
  }
  const finished = first.finishedAt.toISOString().slice(0, 19).replace('T', ' ');
  const subject = label === undefined ? `the first backup of stanza ${stanza}` : `backup ${label}`;
  return new AtrizError(
    'BACKUP_UNKNOWN',
    `${subject} was finished at ${finished} UTC, and nothing before that can be had: ${describeTarget(target)}`,
    { hint: 'name a later time' },
  );
}
