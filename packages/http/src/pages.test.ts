import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeCursor, encodeCursor, pageQuery, toPage } from './pages.ts';

const KEY = z.tuple([z.string(), z.string()]);

describe('a cursor', () => {
  it('leads back to the key that it was made of', () => {
    fc.assert(
      fc.property(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), (key) => {
        expect(decodeCursor(encodeCursor(key), KEY)).toStrictEqual(key);
      }),
    );
  });

  it('that is none is a request that is invalid, and nothing else', () => {
    const refused = expect.objectContaining({ code: 'REQUEST_INVALID' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => decodeCursor(`!${text}`, KEY)).toThrow(refused);
      }),
    );
    expect(() => decodeCursor(encodeCursor(['one']), KEY)).toThrow(refused);
  });

  it('that is not given asks for the first page', () => {
    expect(decodeCursor(undefined, KEY)).toBeUndefined();
  });
});

function keyOf(row: number): readonly string[] {
  return [String(row)];
}

describe('a page', () => {
  it('has a next one where there was one row too many', () => {
    expect(toPage([1, 2, 3], 2, keyOf)).toStrictEqual({ items: [1, 2], next: encodeCursor(['2']) });
    expect(toPage([1, 2], 2, keyOf)).toStrictEqual({ items: [1, 2], next: null });
    expect(toPage([], 2, keyOf)).toStrictEqual({ items: [], next: null });
  });

  it('has fifty items unless another number, of 200 at most, is asked for', () => {
    expect(pageQuery.parse({})).toStrictEqual({ limit: 50 });
    expect(pageQuery.parse({ limit: '200' })).toStrictEqual({ limit: 200 });
    expect(['0', '201', '1.5', 'x', ''].map((limit) => pageQuery.safeParse({ limit }).success)).toStrictEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
