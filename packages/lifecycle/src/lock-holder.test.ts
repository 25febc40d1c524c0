import { expect, test } from 'vitest';
import { adviseOn, describeHolder, looksStranded, type LockHolder } from './lock-holder.ts';

const HOLDER: LockHolder = {
  pid: 12,
  user: 'app',
  application: 'atriz',
  connectedFor: '00:01:02',
  idleMs: 0,
  lastStatement: 'CREATE INDEX i ON t (c)',
};

test('a holder that works is one to wait for', () => {
  expect(looksStranded(HOLDER)).toBe(false);
  expect(describeHolder(HOLDER)).toBe(
    'process 12 of app (atriz, connected 00:01:02 ago), which migrates this database',
  );
  expect(adviseOn(HOLDER)).toBe('wait for it to end, or end that session, and run the command again');
});

test('a holder that has done nothing for seconds is probably a pooled connection with a stranded lock', () => {
  const idle = { ...HOLDER, application: 'app', idleMs: 65_900, lastStatement: 'SELECT 1' };
  expect(looksStranded(idle)).toBe(true);
  expect(describeHolder(idle)).toBe(
    'process 12 of app (app, connected 00:01:02 ago), which has the migration lock of this database but is idle ' +
      'for 65 s after "SELECT 1"',
  );
  expect(adviseOn(idle)).toContain('free it by: SELECT pg_terminate_backend(12)');
});

test('what a role may not see is left out', () => {
  expect(describeHolder({ ...HOLDER, idleMs: 4000, lastStatement: '' })).toMatch(/ is idle for 4 s$/);
  expect(describeHolder(undefined)).toBe('another session, which migrates this database');
});
