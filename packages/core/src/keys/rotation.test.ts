import { describe, expect, it } from 'vitest';
import { generateSigningKey, type KeyDates } from '../tokens/signing-key.ts';
import { planFirstSignature, planRotation, stateOfKey } from './rotation.ts';

const at = (time: string): Date => new Date(`2026-06-01T${time}:00Z`);
const dates = (from: string, until: string | null, verifiesUntil: string | null = null): KeyDates => ({
  createdAt: at('00:00'),
  signsFrom: at(from),
  signsUntil: until === null ? null : at(until),
  verifiesUntil: verifiesUntil === null ? null : at(verifiesUntil),
});

describe('planFirstSignature', () => {
  it.each<[string, KeyDates[], string]>([
    ['in fifteen minutes while another signs', [dates('08:00', null)], '12:15'],
    ['in fifteen minutes while one takes over from another', [dates('08:00', '12:05'), dates('12:05', null)], '12:15'],
    ['at once when there is no other', [], '12:00'],
    ['at once when the other signs no more', [dates('08:00', '11:00')], '12:00'],
    ['at once when the other stops too early', [dates('08:00', '12:14')], '12:00'],
    ['at once when two leave a gap', [dates('08:00', '12:05'), dates('12:06', null)], '12:00'],
  ])('begins %s', (_, keys, time) => {
    expect(planFirstSignature(keys, at('12:00'))).toStrictEqual(at(time));
  });
});

describe('planRotation', () => {
  it('lets a key sign until the next one does, and verify until its last token has expired', async () => {
    const first = await generateSigningKey({ now: at('08:00') });
    const next = await generateSigningKey({ now: at('12:00'), signsFrom: at('12:15') });
    expect(planRotation([first], { next, now: at('12:00') })).toStrictEqual([
      { ...first, signsUntil: at('12:15'), verifiesUntil: at('12:31') },
      next,
    ]);
  });

  it('leaves alone what was to end before, and drops what verifies no more', async () => {
    const key = await generateSigningKey({ now: at('08:00') });
    const gone = { ...key, ...dates('08:00', '09:00', '09:16') };
    const ending = { ...key, ...dates('09:00', '12:05', '12:21') };
    const pending = { ...key, ...dates('12:05', null) };
    const next = await generateSigningKey({ now: at('12:00'), signsFrom: at('12:15') });
    expect(planRotation([gone, ending, pending], { next, now: at('12:00') })).toStrictEqual([
      ending,
      { ...pending, signsUntil: at('12:15'), verifiesUntil: at('12:31') },
      next,
    ]);
  });
});

describe('stateOfKey', () => {
  const keys = [
    dates('07:00', '08:00', '08:16'),
    dates('08:00', '11:50', '12:06'),
    dates('11:50', '12:10', '12:26'),
    dates('12:10', null),
  ];

  it('tells what each key does', () => {
    const context = { among: keys, now: at('12:00') };
    expect(keys.map((key) => stateOfKey(key, context))).toStrictEqual(['expired', 'last', 'signing', 'next']);
  });
});
