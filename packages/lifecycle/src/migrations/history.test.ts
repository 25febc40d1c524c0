import { expect, test } from 'vitest';
import { compareHistory } from './history.ts';

const files = ['1_a', '2_b', '3_c'].map((name) => ({ name, path: `/${name}.sql` }));

test.each<[string, string[], { pending: string[]; missing: string[]; outOfOrder: string[] }]>([
  ['nothing applied', [], { pending: ['1_a', '2_b', '3_c'], missing: [], outOfOrder: [] }],
  ['some applied', ['1_a'], { pending: ['2_b', '3_c'], missing: [], outOfOrder: [] }],
  ['all applied', ['1_a', '2_b', '3_c'], { pending: [], missing: [], outOfOrder: [] }],
  ['all applied in another order', ['3_c', '1_a', '2_b'], { pending: [], missing: [], outOfOrder: [] }],
  ['one left out', ['1_a', '3_c'], { pending: ['2_b'], missing: [], outOfOrder: ['2_b'] }],
  ['one whose file is gone', ['1_a', '2_gone'], { pending: ['2_b', '3_c'], missing: ['2_gone'], outOfOrder: [] }],
  [
    'a newer one whose file is gone',
    ['9_gone'],
    { pending: ['1_a', '2_b', '3_c'], missing: ['9_gone'], outOfOrder: [] },
  ],
])('%s', (_, applied, expected) => {
  const { pending, missing, outOfOrder } = compareHistory(files, applied);
  expect({ pending: names(pending), missing, outOfOrder: names(outOfOrder) }).toEqual(expected);
});

function names(list: readonly { name: string }[]): string[] {
  return list.map(({ name }) => name);
}
