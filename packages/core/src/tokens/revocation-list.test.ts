import { describe, expect, it } from 'vitest';
import { createRevocationList, type RevocationList } from './revocation-list.ts';

const USER = '11111111-1111-4111-8111-111111111111';
const SESSION = '22222222-2222-4222-8222-222222222222';
const NOW = new Date('2026-06-01T12:00:00Z');

const listOf = (...revocations: { subjectId: string; leastVersion: number | null }[]): RevocationList => {
  const list = createRevocationList();
  list.add(revocations, NOW);
  return list;
};
const isRevoked = (list: RevocationList, version = 3): boolean =>
  list.isRevoked({ userId: USER, sessionId: SESSION, version });

describe('a list of revocations', () => {
  it('knows of nothing at first', () => {
    expect(isRevoked(listOf())).toBe(false);
  });

  it.each([
    [2, true],
    [3, false],
    [4, false],
  ])('takes a user’s tokens below version 3: version %i is revoked: %s', (version, revoked) => {
    expect(isRevoked(listOf({ subjectId: USER, leastVersion: 3 }), version)).toBe(revoked);
  });

  it('takes all tokens of a session, and of a user without a version', () => {
    expect(isRevoked(listOf({ subjectId: SESSION, leastVersion: null }))).toBe(true);
    expect(isRevoked(listOf({ subjectId: USER, leastVersion: null }))).toBe(true);
    expect(isRevoked(listOf({ subjectId: '33333333-3333-4333-8333-333333333333', leastVersion: null }))).toBe(false);
  });

  it.each([[[4, 2]], [[2, 4]], [[null, 4]], [[4, null]]])(
    'keeps the stricter of %j, whichever comes first',
    (versions) => {
      expect(isRevoked(listOf(...versions.map((leastVersion) => ({ subjectId: USER, leastVersion }))))).toBe(true);
    },
  );

  it('forgets what no token can be left of, counted from the last time that it was heard', () => {
    const list = listOf({ subjectId: SESSION, leastVersion: null });
    list.forget(new Date('2026-06-01T12:16:59Z'));
    expect(isRevoked(list)).toBe(true);
    list.add([{ subjectId: SESSION, leastVersion: null }], new Date('2026-06-01T12:10:00Z'));
    list.forget(new Date('2026-06-01T12:26:59Z'));
    expect(isRevoked(list)).toBe(true);
    list.forget(new Date('2026-06-01T12:27:00Z'));
    expect(isRevoked(list)).toBe(false);
  });
});
