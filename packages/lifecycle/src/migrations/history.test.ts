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
  const rows = applied.map((name) => ({ name, checksum: undefined }));
  const { pending, missing, outOfOrder } = compareHistory(files, rows, new Map());
  expect({ pending: names(pending), missing, outOfOrder: names(outOfOrder) }).toEqual(expected);
});

test('a file with another text than the one that was applied is edited, one whose text was not kept is unrecorded', () => {
  const applied = [
    { name: '1_a', checksum: 'one' },
    { name: '2_b', checksum: 'two' },
    { name: '3_c', checksum: undefined },
    { name: '4_gone', checksum: 'four' },
  ];
  const checksums = new Map([
    ['1_a', 'one'],
    ['2_b', 'other'],
  ]);
  const { edited, unrecorded } = compareHistory(files, applied, checksums);
  expect({ edited: names(edited), unrecorded: names(unrecorded) }).toEqual({ edited: ['2_b'], unrecorded: ['3_c'] });
});

function names(list: readonly { name: string }[]): string[] {
  return list.map(({ name }) => name);
}
