import type { InstanceEntry } from '@atriz/database/workspace';

/**
 * What a fleet's file lists: of a `.json` file the elements of its array, of any other one name a line, where empty
 * lines and those that begin with `#` are passed over. Pure. Throws `SyntaxError` for JSON that is none, and `TypeError`
 * for JSON that is no array.
 */
export function parseInstanceFile(text: string, path: string): InstanceEntry[] {
  const content = text.replace(/^\uFEFF/, '');
  if (path.endsWith('.json')) {
    const values: unknown = JSON.parse(content);
    if (!Array.isArray(values)) throw new TypeError('it is not a JSON array');
    return values.map((value: unknown, index) => ({ value, place: `${path}[${index}]` }));
  }
  return content
    .split('\n')
    .map((line, index) => ({ value: line.trim(), place: `${path}:${index + 1}` }))
    .filter(({ value }) => value !== '' && !value.startsWith('#'));
}
