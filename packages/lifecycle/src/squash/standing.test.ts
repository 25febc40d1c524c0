import { expect, test } from 'vitest';
import { compareSquash, type Squash } from './standing.ts';

const file = { name: '1700000000004_squashed', path: 'x.sql' };
const SIMPLE: Squash = { file, squashes: ['a', 'b', 'c'] };
/** The first two were squashed before. */
const NESTED: Squash = { file, squashes: ['a', 'b', '1700000000002_squashed', 'c'] };

test.each<[string, Squash, string[], object]>([
  ['no history at all', SIMPLE, [], { state: 'none' }],
  ['other migrations only', SIMPLE, ['x'], { state: 'none' }],
  ['all of them', SIMPLE, ['a', 'b', 'c', 'x'], { state: 'all' }],
  ['the first', SIMPLE, ['a'], { state: 'some', missing: ['b', 'c'] }],
  ['all but one in the middle', SIMPLE, ['a', 'c'], { state: 'some', missing: ['b'] }],
  ['all, and never the squash between', NESTED, ['a', 'b', 'c'], { state: 'all' }],
  ['the squash between and the rest', NESTED, ['1700000000002_squashed', 'c'], { state: 'all' }],
  ['the squash between only', NESTED, ['1700000000002_squashed'], { state: 'some', missing: ['c'] }],
  ['a part of the squash between', NESTED, ['a', 'c'], { state: 'some', missing: ['b'] }],
])('a database with %s', (_, squash, applied, standing) => {
  expect(compareSquash(squash, new Set(applied))).toEqual(standing);
});
