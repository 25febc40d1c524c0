import { expect, test } from 'vitest';
import { findOldNames, oldName, unfinishedName, withEnding } from './names.ts';

const NOON = new Date('2026-11-21T12:30:46.789Z');

test('a replaced database is called after the one that took its place, with the time in UTC', () => {
  expect(oldName('mextrack_db', NOON)).toBe('mextrack_db_before_20261121123046');
});

test('a long name is cut at a character, never within one, so that its ending is whole', () => {
  const name = oldName('ü'.repeat(31), NOON);
  expect(name).toBe(`${'ü'.repeat(20)}_before_20261121123046`);
  expect(Buffer.byteLength(name)).toBe(62);
  expect(withEnding('a'.repeat(63), '_restored')).toBe(`${'a'.repeat(54)}_restored`);
});

test('what was replaced is found again, newest first, and nothing of another database', () => {
  const names = [
    'mextrack_db',
    'mextrack_db_before_20261121123046',
    'mextrack_db_before_20261122000000',
    'mextrack_db_before_noon',
    'pshop_db_before_20261121123046',
    'new_mextrack_db_before_20261121123046',
  ];
  expect(findOldNames('mextrack_db', names)).toEqual([
    'mextrack_db_before_20261122000000',
    'mextrack_db_before_20261121123046',
  ]);
});

test('two databases that are being restored never have one name', () => {
  expect(new Set(Array.from({ length: 100 }, unfinishedName)).size).toBe(100);
});
