import { randomBytes } from 'node:crypto';

const FORM = /^backup-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{8}$/;

/** What every set's folder begins with. */
export const SET_PREFIX = 'backup-';

/** The name of a new set: `backup-20261121T121500Z-4f1c2a9b`. Names sort by their time; two of one second differ. */
export function createSetId(now: Date): string {
  const time = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
  return `${SET_PREFIX}${time}-${randomBytes(4).toString('hex')}`;
}

/** When the set of that name was begun; undefined for what is no set's name. Pure. */
export function parseSetId(id: string): Date | undefined {
  const [, ...parts] = FORM.exec(id) ?? [];
  if (parts.length === 0) return undefined;
  const [year, month, day, hour, minute, second] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
