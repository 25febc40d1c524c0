import { headerOf, hashMigrations } from '@atriz/lifecycle/types';
import type { App } from './app.ts';

/** The database's first migration, its types and its first seed. `now` is the migration's timestamp. */
export function databaseFiles(app: App, now: number): Readonly<Record<string, string>> {
  const told = (text: string): string =>
    app.coreDirectory === undefined ? text.replace(IN_CORE, 'The id of who wrote it.') : text;
  const migration = told(MIGRATION);
  const name = `${String(now).padStart(13, '0')}_create_notes`;
  return {
    [`migrations/${name}.sql`]: migration,
    'src/schema.ts': `${headerOf(app.database, hashMigrations([{ name, text: migration }]))}${told(TYPES)}`,
    'seeds/001_notes.ts': SEED,
  };
}

const IN_CORE = 'Cross-database reference: users.id of atriz_shared, who wrote it.';

const MIGRATION = `-- Up Migration
-- Notes of users: an example to start from.
-- Lock: none on existing tables; a new table only.

CREATE TABLE notes (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT notes_pkey PRIMARY KEY (id),
  CONSTRAINT notes_body_check CHECK (btrim(body) <> '' AND length(body) <= 10000)
);

CREATE INDEX notes_user_id_created_at_idx ON notes (user_id, created_at);

COMMENT ON TABLE notes IS 'What users wrote down.';
COMMENT ON COLUMN notes.user_id IS 'Cross-database reference: users.id of atriz_shared, who wrote it.';
COMMENT ON COLUMN notes.body IS 'Plain text.';

-- Down Migration
-- Drops the table with every note in it.
-- Lock: ACCESS EXCLUSIVE on notes.

DROP TABLE notes;
`;

/** What `atriz generate` makes of the migration; a test holds the two against each other. */
const TYPES = `import type { ColumnType } from 'kysely';

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface Notes {
  id: Generated<string>;
  /** Cross-database reference: users.id of atriz_shared, who wrote it. */
  user_id: string;
  /** Plain text. */
  body: string;
  created_at: Generated<Timestamp>;
}

export interface DB {
  notes: Notes;
}
`;

const SEED = `import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, Notes } from '../src/schema.ts';

const BODIES = ['Write the first migration', 'Write the first seed', 'Replace both'];

/** Notes to develop with, of a development user. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no notes: they are invented, and this is production');
    return;
  }
  const notes = BODIES.map((body): Insertable<Notes> => ({
    id: seedId(\`note:\${body}\`),
    user_id: seedId('user:olivia@atriz.dev'),
    body,
  }));
  const db = createKysely<DB>(client);
  await db
    .insertInto('notes')
    .values(notes)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  log(\`\${notes.length} notes\`);
};

export default seed;
`;
