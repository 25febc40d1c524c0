import { expect, test } from 'vitest';
import type { PhysicalBackup } from '../info.ts';
import { chooseBackup, describeTarget, parseAsOf, type RecoveryTarget } from './recovery-target.ts';

test.each([
  ['2026-11-21T12:00:00Z', '2026-11-21 12:00:00+00'],
  ['2026-11-21 12:00Z', '2026-11-21 12:00:00+00'],
  ['2026-11-21T12:00:00.123456z', '2026-11-21 12:00:00.123456+00'],
  ['2026-11-21T13:30:00.5+01:30', '2026-11-21 12:00:00.5+00'],
  ['2026-11-21 06:00:00 -0600', '2026-11-21 12:00:00+00'],
  ['2026-11-21T14:00:00+02', '2026-11-21 12:00:00+00'],
])('%s is told to PostgreSQL as %s', (text, expected) => {
  expect(parseAsOf(text)).toMatchObject({ kind: 'time', text: expected });
});

test.each(['', 'yesterday', '2026-11-21', '12:00', '2026-11-21T12:00:00', '2026-13-21T12:00:00Z', "2026' OR '1"])(
  '%j is no moment: a time without a zone is another one elsewhere',
  (text) => {
    expect(() => parseAsOf(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }) as Error);
  },
);

test('latest is the end of the archive', () => {
  expect(describeTarget(parseAsOf('latest'))).toBe('the end of the archive');
});

const backup = (label: string, finishedAt: string, damaged = false): PhysicalBackup => ({
  label,
  type: 'full',
  startedAt: new Date(finishedAt),
  finishedAt: new Date(finishedAt),
  bytes: 1,
  storedBytes: 1,
  firstSegment: null,
  archive: '15-1',
  damaged,
});

const GARDEN = {
  stanza: 'garden',
  backups: [
    backup('MONDAY', '2026-11-16T01:00:00Z'),
    backup('TUESDAY', '2026-11-17T01:00:00Z'),
    backup('WEDNESDAY', '2026-11-18T01:00:00Z', true),
  ],
};
const now = Date.parse('2026-11-21T12:00:00Z');
const NAME: RecoveryTarget = { kind: 'name', name: 'sale' };

test.each<[string, RecoveryTarget, string | undefined, string]>([
  ['the newest that was finished before a time', parseAsOf('2026-11-17T00:59:00Z'), undefined, 'MONDAY'],
  ['not one that was finished at that very second', parseAsOf('2026-11-17T01:00:00Z'), undefined, 'MONDAY'],
  ['not one that is damaged', parseAsOf('2026-11-20T00:00:00Z'), undefined, 'TUESDAY'],
  ['the newest, for the end', parseAsOf('latest'), undefined, 'TUESDAY'],
  ['the newest, for a restore point', NAME, undefined, 'TUESDAY'],
  ['the one that was named', NAME, 'MONDAY', 'MONDAY'],
])('recovery begins with %s', (_, target, label, expected) => {
  expect(chooseBackup(GARDEN, target, { label, now }).label).toBe(expected);
});

test.each<[RecoveryTarget, string | undefined, string, string]>([
  [
    parseAsOf('2026-11-21T12:00:01Z'),
    undefined,
    'ARGUMENT_INVALID',
    '2026-11-21 12:00:01 UTC is still to come: it is 2026-11-21T12:00:00.000Z',
  ],
  [
    parseAsOf('2026-11-16T00:00:00Z'),
    undefined,
    'BACKUP_UNKNOWN',
    'the first backup of stanza garden was finished at 2026-11-16 01:00:00 UTC, and nothing before that can be had: 2026-11-16 00:00:00 UTC',
  ],
  [
    parseAsOf('2026-11-16T02:00:00Z'),
    'TUESDAY',
    'BACKUP_UNKNOWN',
    'backup TUESDAY was finished at 2026-11-17 01:00:00 UTC, and nothing before that can be had: 2026-11-16 02:00:00 UTC',
  ],
  [NAME, 'WEDNESDAY', 'BACKUP_UNKNOWN', 'the repository holds no backup WEDNESDAY of stanza garden'],
])('what cannot be had is told before anything is done: %#', (target, label, code, message) => {
  const choose = (): unknown => chooseBackup(GARDEN, target, { label, now });
  expect(choose).toThrow(expect.objectContaining({ code, message }) as Error);
});
