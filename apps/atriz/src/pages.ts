import type { DatabasePool } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import { sql, type NotNull } from 'kysely';
import type { DB } from './schema.ts';

export interface Page {
  readonly slug: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** A `users.id` of atriz_shared. */
  readonly authorId: string;
  readonly publishedAt: Date;
}

const COLUMNS = ['slug', 'title', 'body', 'author_id as authorId', 'published_at as publishedAt'] as const;

/** The page of this slug if it is public at `now`; a draft, or a page whose day has not come, is undefined. */
export async function findPublishedPage(
  db: Pick<DatabasePool, 'query'>,
  slug: string,
  { now = new Date() }: { readonly now?: Date } = {},
): Promise<Page | undefined> {
  return selectPublished(db, now).where('slug', '=', slug).executeTakeFirst();
}

/** The public pages by slug, after the slug `after`: up to `limit` and, where there are more, one. */
export async function listPages(
  db: Pick<DatabasePool, 'query'>,
  {
    now = new Date(),
    limit,
    after,
  }: { readonly now?: Date; readonly limit: number; readonly after?: string | undefined },
): Promise<Page[]> {
  const pages = selectPublished(db, now).orderBy('slug');
  return (after === undefined ? pages : pages.where('slug', '>', after)).limit(limit + 1).execute();
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
  const wanted = sql`websearch_to_tsquery('english', ${words})`;
  return selectPublished(db, now)
    .where(({ ref }) => sql<boolean>`${ref('search_vector')} @@ ${wanted}`)
    .orderBy(({ ref }) => sql`ts_rank(${ref('search_vector')}, ${wanted})`, 'desc')
    .orderBy('slug')
    .limit(limit)
    .execute();
}

function selectPublished(db: Pick<DatabasePool, 'query'>, now: Date) {
  return createKysely<DB>(db)
    .selectFrom('pages')
    .select(COLUMNS)
    .where('published_at', '<=', now)
    .$narrowType<{ publishedAt: NotNull }>();
}
