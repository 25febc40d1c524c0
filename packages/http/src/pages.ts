import { AtrizError } from '@atriz/database';
import { z } from 'zod';

const MOST = 200;

/** What a list route takes: `limit`, and `after`, the `next` of the page before. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MOST).default(50),
  after: z.string().max(1000).optional(),
});

/** What a list route answers: a page, and where the next one begins; `next` is null on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

export interface Page<Item> {
  readonly items: Item[];
  readonly next: string | null;
}

/**
 * Makes a page of the rows that a query found which asked for one more than `limit`: the one too many says that there
 * is a next page. `keyOf` gives the values that the query is ordered by, as text.
 */
export function toPage<Row>(rows: readonly Row[], limit: number, keyOf: (row: Row) => readonly string[]): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}

export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The values that `after` stands for, checked by a schema of the tuple they have to be; undefined for a first page.
 * Throws `REQUEST_INVALID` for what `encodeCursor` did not make.
 *
 * @example
 * const after = decodeCursor(query.after, z.tuple([z.string(), z.uuid()]));
 */
export function decodeCursor<Key>(after: string | undefined, schema: z.ZodType<Key>): Key | undefined {
  if (after === undefined) return undefined;
  const parsed = schema.safeParse(parse(after));
  if (parsed.success) return parsed.data;
  throw new AtrizError('REQUEST_INVALID', 'after is not the "next" of a page of this list');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
