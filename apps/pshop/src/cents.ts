/**
 * Money as this application holds it: integer cents in a number. pg hands a `bigint` over as text, since it may pass
 * 2^53; such an amount is refused here and never rounded.
 */
export function toCents(text: string): number {
  const cents = Number(text);
  if (!Number.isSafeInteger(cents)) throw new RangeError(`${text} is not an amount in whole cents below 2^53`);
  return cents;
}
