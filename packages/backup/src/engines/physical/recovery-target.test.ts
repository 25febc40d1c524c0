import { expect, test } from 'vitest';
import { createCommitOrder } from './recovery-target.ts';
import { readSnapshot } from './snapshot-text.ts';

const END = 900n;
const commit = (lsn: bigint, xid: number) => ({ lsn, xid });

test('a recovery stops before the first commit that the snapshot does not see', () => {
  const seen = createCommitOrder().under('10:13:11');
  seen.add([commit(100n, 9), commit(200n, 10), commit(300n, 12)]);
  expect(seen.target(END)).toBe(END);
  seen.add([commit(400n, 11), commit(500n, 13)]);
  expect(seen.target(END)).toBe(400n);
});

test('a snapshot that sees a later commit and not an earlier one is no place to stop at; a younger one may be', () => {
  const order = createCommitOrder();
  const torn = order.under('10:13:11');
  torn.add([commit(300n, 11), commit(400n, 12)]);
  expect(torn.target(END)).toBeUndefined();
  const younger = order.under('13:13:');
  expect(younger.target(END)).toBe(END);
  younger.add([commit(500n, 13)]);
  expect(younger.target(END)).toBe(500n);
});

test('without any commit the end is the place', () => {
  expect(createCommitOrder().under('10:10:').target(END)).toBe(END);
});

test('numbers of the log are those of 32 bits that are nearest to the snapshot', () => {
  const sees = readSnapshot('12884901887:12884901890:12884901888'); // around 3 times 2^32
  expect([0xffff_fffe, 0xffff_ffff, 0, 1, 2].map(sees)).toEqual([true, true, false, true, false]);
});
