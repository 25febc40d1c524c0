import { AtrizError } from '@atriz/database';
import { expect, test } from 'vitest';
import type { ArchiveStatus } from '../pgbackrest/archive-status.ts';
import { findConcerns, type ConcernSources } from './concerns.ts';

const FACTS = {
  checkedAt: new Date('2026-11-21T12:00:00Z'),
  databases: [],
  stores: [],
  trend: null,
  schedule: null,
  archive: null,
  tied: [],
};
const SOURCES: ConcernSources = {
  sets: [],
  limits: { maxAgeHours: 24, rtoMinutes: 15, rpoMinutes: 5 },
  scheduleFailure: undefined,
  archiveFailure: undefined,
};
const ARCHIVE: ArchiveStatus = {
  stanza: 'orchard',
  backup: { label: '20261121-020000F', finishedAt: new Date('2026-11-21T02:00:00Z') },
  on: true,
  archivedAt: new Date('2026-11-21T11:59:00Z'),
  archivedSegment: '000000010000000000000001',
  failing: false,
  failedAt: null,
  failedSegment: null,
  waiting: 0,
  waitingSeconds: 0,
  timeoutSeconds: 60,
  lossSeconds: 60,
};

function messagesWith(archive: Partial<ArchiveStatus>, sources: Partial<ConcernSources> = {}): string[] {
  const found = findConcerns({ ...FACTS, archive: { ...ARCHIVE, ...archive } }, { ...SOURCES, ...sources });
  return found.map(({ level, about, message }) => `${level} ${about}: ${message}`);
}

test('an archive that is behind by no more than the recovery point is all right', () => {
  expect(messagesWith({})).toEqual([]);
  expect(messagesWith({ lossSeconds: 300 })).toEqual([]);
});

test('one that is further behind, that nothing bounds, or that fails is a problem', () => {
  expect(messagesWith({ lossSeconds: 300.5 })).toEqual([
    'problem archive: the archive of orchard may be behind by up to 301 s; the objective is 5 min',
  ]);
  expect(messagesWith({ lossSeconds: null })).toEqual([
    'problem archive: the archive of orchard may be behind without a bound; the objective is 5 min',
  ]);
  expect(messagesWith({ backup: null, lossSeconds: null })).toEqual([
    'problem archive: the archive of orchard continues no backup',
  ]);
  expect(messagesWith({ failing: true })).toEqual([
    'problem archive: the last attempt to archive the log of orchard failed',
  ]);
});

test('what cannot be asked is a problem with the hint of its error', () => {
  const archiveFailure = new AtrizError('SERVER_UNREACHABLE', 'nobody answers', { hint: 'start it' });
  expect(findConcerns(FACTS, { ...SOURCES, archiveFailure })).toEqual([
    { about: 'archive', level: 'problem', message: 'the archive cannot be read: nobody answers', hint: 'start it' },
  ]);
});

test('sets of another family are a note, others that are of no use a problem, which comes first', () => {
  const set = (id: string, code: 'BACKUP_FOREIGN' | 'BACKUP_UNTRUSTED') => {
    const problem = new AtrizError(code, `${id} is not ours`);
    const rest = { takenAt: FACTS.checkedAt, manifest: undefined, manifestSha256: undefined, bytes: 1, complete: true };
    return { id, problem, stores: [], proofs: [], copies: [], ...rest };
  };
  const sets = [set('backup-1', 'BACKUP_FOREIGN'), set('backup-2', 'BACKUP_UNTRUSTED')];
  expect(findConcerns(FACTS, { ...SOURCES, sets }).map(({ level, message }) => `${level} ${message}`)).toEqual([
    'problem backup-2 is of no use: backup-2 is not ours',
    'note backup-1 is of no use: backup-1 is not ours',
  ]);
});
