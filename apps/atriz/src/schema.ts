/**
 * The tables of atriz_db, as its migrations make them, for Kysely. Generated: do not edit, but migrate, and run
 * `pnpm db:generate`.
 *
 * Made from migrations: a7c44d99c33a0701d378399221d49657be4ddef82f5e2c86010b80d9879165fb
 */
import type { ColumnType } from 'kysely';

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

export type GeneratedAlways<T> =
  T extends ColumnType<infer S, unknown, unknown> ? ColumnType<S, never, never> : ColumnType<T, never, never>;

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface ContactMessages {
  id: Generated<string>;
  /** Cross-database reference: users.id of atriz_shared; null when the writer was not signed in. */
  user_id: string | null;
  name: string;
  /** Where to answer, as the writer gave it; nobody has verified it. */
  email: string;
  subject: string;
  body: string;
  created_at: Generated<Timestamp>;
  /** When somebody dealt with the message; null while it waits. */
  handled_at: Timestamp | null;
  /** Cross-database reference: users.id of atriz_shared, who dealt with it; set together with handled_at. */
  handled_by: string | null;
}

export interface Pages {
  id: Generated<string>;
  /** The page's address: lower-case words and hyphens. */
  slug: string;
  title: string;
  /** Markdown. */
  body: string;
  /** Cross-database reference: users.id of atriz_shared. */
  author_id: string;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  /** Public from this moment on; null for a draft. */
  published_at: Timestamp | null;
  /** The words of title (weight A) and body (weight B), in English; generated. */
  search_vector: GeneratedAlways<string>;
}

export interface UserPreferences {
  /** Cross-database reference: users.id of atriz_shared. */
  user_id: string;
  /** light, dark, or system: as the reader's device says. */
  theme: Generated<string>;
  /** Language, and country where it matters: en, pt-BR. */
  locale: Generated<string>;
  email_notifications: Generated<boolean>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  /** A name of the IANA time zone database, such as Europe/Lisbon. */
  time_zone: Generated<string>;
}

export interface UserProfiles {
  /** Cross-database reference: users.id of atriz_shared. */
  user_id: string;
  /** The name in the profile's address: 2 to 39 lower-case letters and digits, single hyphens between them. */
  handle: string;
  display_name: string;
  /** Plain text; empty when its owner wrote none. */
  bio: Generated<string>;
  website_url: string | null;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface DB {
  contact_messages: ContactMessages;
  pages: Pages;
  user_preferences: UserPreferences;
  user_profiles: UserProfiles;
}
