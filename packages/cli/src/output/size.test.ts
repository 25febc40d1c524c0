import { expect, test } from 'vitest';
import { formatAge, formatBytes } from './size.ts';

test('bytes are told with two or three digits', () => {
  const told = [0, 999, 1000, 9949, 9951, 999_499, 999_500, 2_345_000_000, 1.2e15].map(formatBytes);
  expect(told).toEqual(['0 bytes', '999 bytes', '1.0 kB', '9.9 kB', '10 kB', '999 kB', '1.0 MB', '2.3 GB', '1200 TB']);
});

test('an age is told in the largest unit of which there are two', () => {
  const told = [0, 119_999, 120_000, 7_199_999, 7_200_000, 172_799_999, 172_800_000].map(formatAge);
  expect(told).toEqual([
    'just now',
    'just now',
    '2 minutes ago',
    '119 minutes ago',
    '2 hours ago',
    '47 hours ago',
    '2 days ago',
  ]);
});
