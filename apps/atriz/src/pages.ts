import type { DatabasePool } from '@atriz/database';

export interface Page {
  readonly slug: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** A `users.id` of atriz_shared. */
  readonly authorId: string;
  readonly publishedAt: Date;
}

const COLUMNS = 'slug, title, body, author_id AS "authorId", published_at AS "publishedAt"';

/** The page of this slug if it is public at `now`; a draft, or a page whose day has not come, is undefined. */
export async function findPublishedPage(
  db: Pick<DatabasePool, 'query'>,
  slug: string,
  { now = new Date() }: { readonly now?: Date } = {},
): Promise<Page | undefined> {
  const { rows } = await db.query<Page>(`SELECT ${COLUMNS} FROM pages WHERE slug = $1 AND published_at <= $2`, [
    slug,
    now,
  ]);
  return rows[0];
}

/**
 * The public pages that match, best first. `words` is what a person types: quotes, `or` and a minus sign mean what
 * they mean in a search engine, and nothing that is typed is an error.
 */
export async function searchPages(
  db: Pick<DatabasePool, 'query'>,
  words: string,
  { now = new Date(), limit = 20 }: { readonly now?: Date; readonly limit?: number } = {},
): Promise<Page[]> {
  const { rows } = await db.query<Page>(
    `SELECT ${COLUMNS}
     FROM pages, websearch_to_tsquery('english', $1) AS wanted
     WHERE search_vector @@ wanted AND published_at <= $2
     ORDER BY ts_rank(search_vector, wanted) DESC, slug
     LIMIT $3`,
    [words, now, limit],
  );
  return rows;
}
