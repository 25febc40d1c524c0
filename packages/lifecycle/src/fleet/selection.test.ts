import { expect, test } from 'vitest';
import { matchesPattern, selectInstances } from './selection.ts';

test.each([
  ['acme', 'acme', true],
  ['acme', 'acm', false],
  ['acme', '*', true],
  ['eu_acme', 'eu_*', true],
  ['us_acme', 'eu_*', false],
  ['eu_acme_2', 'eu_*_2', true],
  ['eu_2', 'eu_*_2', false],
  ['abcabc', '*bc', true],
  ['a.c', 'a?c', false],
  ['abc', 'a.c', false],
  ['one two three', 'one*two*three', true],
  ['one three two', 'one*two*three', false],
  ['aa', 'a*a*a', false],
])('%s is what %s says: %s', (name, pattern, expected) => {
  expect(matchesPattern(name, pattern)).toBe(expected);
});

test('the instances that a pattern names keep their order, and come once', () => {
  const instances = ['zebra', 'acme', 'eu_1', 'eu_2'].map((name) => ({ name }));

  expect(selectInstances(instances, ['eu_*', 'zebra', 'eu_1'])).toEqual([
    { name: 'zebra' },
    { name: 'eu_1' },
    { name: 'eu_2' },
  ]);
  expect(selectInstances(instances, undefined)).toBe(instances);
});
