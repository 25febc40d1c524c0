/**
 * Hides properties from what lists, prints, copies or serialises an object, so that a secret is read only by who names it.
 * A copy by spread does not have them. Returns the same object.
 */
export function hideSecrets<Value extends object>(value: Value, ...names: readonly (keyof Value)[]): Value {
  for (const name of names) Object.defineProperty(value, name, { enumerable: false });
  return value;
}
