import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { alignColumns, formatDuration, plural, type Stream } from './terminal.ts';

const PIPE = new Writable() as Stream;

test('columns are as wide as their longest cell, and lines end without blanks', () => {
  const rows = [
    [{ text: 'DATABASE' }, { text: 'N' }, { text: 'STATE' }],
    [{ text: 'a' }, { text: '1,000' }, { text: 'up to date' }],
    [{ text: 'long_name_db' }, { text: '' }, { text: '' }],
  ];
  expect(alignColumns(PIPE, rows)).toEqual([
    'DATABASE      N      STATE',
    'a             1,000  up to date',
    'long_name_db',
  ]);
});

test('a least width holds for all but the last cell of a line', () => {
  expect(alignColumns(PIPE, [[{ text: 'a' }, { text: 'b' }]], [4, 10])).toEqual(['a     b']);
  expect(alignColumns(PIPE, [[{ text: 'a' }]], [4])).toEqual(['a']);
  expect(alignColumns(PIPE, [])).toEqual([]);
});

test('styles do not count as width, and are left out where the stream is no terminal', () => {
  const rows = [
    [
      { text: 'a', style: 'red' as const },
      { text: 'b', style: 'bold' as const },
    ],
    [{ text: 'ccc' }, { text: 'd' }],
  ];
  expect(alignColumns(PIPE, rows)).toEqual(['a    b', 'ccc  d']);
});

test.each([
  [0, '0 ms'],
  [0.4, '0 ms'],
  [84.6, '85 ms'],
  [999.4, '999 ms'],
  [999.5, '1.00 s'],
  [1240, '1.24 s'],
  [59_949, '59.95 s'],
  [59_950, '1 min 0 s'],
  [60_000, '1 min 0 s'],
  [119_600, '2 min 0 s'],
  [125_000, '2 min 5 s'],
  [3_600_000, '60 min 0 s'],
])('%d ms is told as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, '0 tables'],
  [1, '1 table'],
  [2, '2 tables'],
  [10_000, '10,000 tables'],
])('%d is told as %s', (count, text) => {
  expect(plural(count, 'table')).toBe(text);
});
