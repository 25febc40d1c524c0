import { describe, expect, it } from 'vitest';

/** What the page's grid decides by; it is loaded as a browser does, by its address. */
interface Grid {
  stepFor(degrees: number): number;
  linesBetween(from: number, to: number, step: number): number[];
  degrees(value: number, letters: string, step: number): string;
}

const { stepFor, linesBetween, degrees }: Grid = await import(new URL('../public/grid.js', import.meta.url).href);

describe('the grid of the map', () => {
  it.each([
    [180, 30],
    [90, 30],
    [1, 0.2],
    [0.004, 0.001],
    [0.000001, 0.0001],
  ])('takes for %f degrees a step of %f', (span, step) => {
    expect(stepFor(span)).toBe(step);
  });

  it('draws the multiples of its step, over zero and without errors of rounding', () => {
    expect(linesBetween(-0.25, 0.31, 0.1)).toStrictEqual([-0.2, -0.1, 0, 0.1, 0.2, 0.3]);
    expect(linesBetween(0.21, 0.29, 0.1)).toStrictEqual([]);
  });

  it.each([
    [38.72, 'NS', 0.02, '38.72° N'],
    [-9.1, 'EW', 0.05, '9.10° W'],
    [-30, 'NS', 10, '30° S'],
    [0.0005, 'EW', 0.0005, '0.0005° E'],
  ])('writes %f with the digits that a step needs', (value, letters, step, text) => {
    expect(degrees(value, letters, step)).toBe(text);
  });
});
