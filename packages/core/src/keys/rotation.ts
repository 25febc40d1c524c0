import { ACCESS_TOKEN_SECONDS, CLOCK_TOLERANCE_SECONDS } from '../tokens/access-token.ts';
import { signerAt, verifiesAt } from '../tokens/key-ring.ts';
import type { KeyDates, SigningKey } from '../tokens/signing-key.ts';

/** How long a new key is published before it signs: three times what an application keeps public keys for. */
export const PUBLISHED_AHEAD_SECONDS = 900;

/** A key verifies for as long after its last signature as a token lives, by the clock that is most behind. */
const VERIFIES_ON_SECONDS = ACCESS_TOKEN_SECONDS + 2 * CLOCK_TOLERANCE_SECONDS;

/** What a key does now: `next` is published and will sign, `last` signed before and still verifies. */
export type KeyState = 'next' | 'signing' | 'last' | 'expired';

export function stateOfKey(
  key: KeyDates,
  { among, now }: { readonly among: readonly KeyDates[]; readonly now: Date },
): KeyState {
  if (!verifiesAt(key, now)) return 'expired';
  if (now < key.signsFrom) return 'next';
  return signerAt(among, now) === key ? 'signing' : 'last';
}

/** When a key signs that is made now: after its publication, or at once where the others leave a gap until then. */
export function planFirstSignature(keys: readonly KeyDates[], now: Date): Date {
  const ahead = addSeconds(now, PUBLISHED_AHEAD_SECONDS);
  const handovers = keys.flatMap(({ signsUntil }) => signsUntil ?? []).filter((end) => now < end && end < ahead);
  return [now, ...handovers].every((moment) => signerAt(keys, moment) !== undefined) ? ahead : now;
}

/**
 * The ring with `next` in it: the others sign until it does, and verify until their last token has expired. Those that
 * verify no more are dropped.
 */
export function planRotation(
  keys: readonly SigningKey[],
  { next, now }: { readonly next: SigningKey; readonly now: Date },
): SigningKey[] {
  const signsUntil = next.signsFrom;
  const retired = keys.map((key) => {
    if (key.signsUntil !== null && key.signsUntil <= signsUntil) return key;
    return { ...key, signsUntil, verifiesUntil: addSeconds(signsUntil, VERIFIES_ON_SECONDS) };
  });
  return [...retired.filter((key) => verifiesAt(key, now)), next];
}

function addSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}
