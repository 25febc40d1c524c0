import { expect, test } from 'vitest';
import { createByteProgress } from './progress.ts';

test('what several streams have read is told as one sum, no more often than every three seconds', () => {
  const told: string[] = [];
  let time = 0;
  const progress = createByteProgress({ now: () => time, onProgress: (message) => told.push(message) });
  const [one, other] = [progress.stream(), progress.stream()];
  one(1_000_000);
  time = 2999;
  other(2_000_000);
  expect(told).toEqual([]);
  time = 3000;
  one(5_000_000);
  time = 5000;
  one(6_000_000);
  time = 6000;
  other(100_400_000);
  expect(told).toEqual(['7 MB read so far', '106 MB read so far']);
});
