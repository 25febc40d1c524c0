import { describe, expect, it } from 'vitest';
import { toCents } from './cents.ts';

describe('toCents', () => {
  it.each([
    ['0', 0],
    ['1999', 1999],
    ['-5', -5],
    ['9007199254740991', 9_007_199_254_740_991],
  ])('reads %s', (text, cents) => {
    expect(toCents(text)).toBe(cents);
  });

  it.each(['9007199254740992', '1.5', 'NaN', 'a lot'])('refuses %s rather than round it', (text) => {
    expect(() => toCents(text)).toThrow(RangeError);
  });
});
