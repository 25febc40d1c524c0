import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { crc32c } from '../../test/gcs-fake.ts';
import { createCrc32c } from './crc32c.ts';

function sumOf(...pieces: readonly Uint8Array[]): string {
  const sum = createCrc32c();
  for (const piece of pieces) sum.update(piece);
  return sum.toString();
}

const hex = (text: string): string => Buffer.from(text, 'hex').toString('base64');

test('CRC32C is what RFC 3720 says of its examples', () => {
  expect(sumOf(Buffer.from('123456789'))).toBe(hex('e3069283'));
  expect(sumOf(Buffer.alloc(32))).toBe(hex('8a9136aa'));
  expect(sumOf(Buffer.alloc(32, 0xff))).toBe(hex('62a8ab43'));
  expect(sumOf(Buffer.from(Array.from({ length: 32 }, (_, index) => index)))).toBe(hex('46dd794e'));
  expect(sumOf()).toBe(hex('00000000'));
});

test('it is the same however the bytes are cut', () => {
  for (let length = 0; length < 70; length += 1) {
    const bytes = randomBytes(length);
    const cut = Math.floor(length / 3);
    expect(sumOf(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(crc32c(bytes));
  }
});
