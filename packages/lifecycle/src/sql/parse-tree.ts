import type { Fields } from './parser.ts';

/** A table, view, index or sequence as a statement names it. */
export interface RangeVar extends Fields {
  readonly schemaname?: string;
  readonly relname: string;
}

/** The list in a field; empty where there is none. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}

/** The only node in `{ Kind: fields }` when it is of that kind. */
export function asNode(value: unknown, kind: string): Fields | undefined {
  return (value as Readonly<Record<string, Fields | undefined>> | undefined)?.[kind];
}

/** A name of several parts, such as that of a table in DROP: `schema.table`. */
export function nameOf(value: unknown): string {
  const parts = Array.isArray(value) ? value : (asNode(value, 'List')?.['items'] ?? [value]);
  return (parts as unknown[]).map((part) => quoted(String(asNode(part, 'String')?.['sval'] ?? '?'))).join('.');
}

export function relationName({ schemaname, relname }: RangeVar): string {
  return schemaname === undefined ? quoted(relname) : `${quoted(schemaname)}.${quoted(relname)}`;
}

/** Calls `visit` with each node that stands anywhere below `value`, with its kind. */
export function walk(value: unknown, visit: (kind: string, fields: Fields) => void): void {
  const left: unknown[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (Array.isArray(next)) left.push(...(next as unknown[]).toReversed());
    else if (typeof next === 'object' && next !== null) {
      for (const [key, child] of Object.entries(next).toReversed()) {
        if (/^[A-Z]/.test(key) && typeof child === 'object' && child !== null) visit(key, child as Fields);
        left.push(child);
      }
    }
  }
}

/** As SQL would have it: with quotes only where it needs them. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
