/**
 * The tables of atriz_shared, as its migrations make them, for Kysely. Generated: do not edit, but migrate, and run
 * `pnpm db:generate`.
 *
 * Made from migrations: 90cd28db536b598209df7f7299265b84464a6ac80ec708eb1435b470a343e6ef
 */
import type { ColumnType } from 'kysely';

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface AuthTokens {
  id: Generated<string>;
  user_id: string;
  /** What the token is good for: refresh, email_verification or password_reset. */
  token_type: string;
  /** SHA-256 of the token, 64 hex digits in lower case; the token itself is kept nowhere. */
  token_hash: string;
  created_at: Generated<Timestamp>;
  expires_at: Timestamp;
  /** When the token last opened something; null until then. */
  last_used_at: Timestamp | null;
  /** When the token was spent or withdrawn; null while it stands. */
  revoked_at: Timestamp | null;
}

export interface Roles {
  id: Generated<string>;
  /** What code compares with: lower case, stable, such as admin. */
  name: string;
  description: string;
  created_at: Generated<Timestamp>;
  /** Kept by the trigger roles_set_updated_at. */
  updated_at: Generated<Timestamp>;
}

export interface UserRoles {
  user_id: string;
  /** A role that somebody holds cannot be deleted. */
  role_id: string;
  granted_at: Generated<Timestamp>;
}

export interface Users {
  id: Generated<string>;
  /** As its owner writes it; unique without regard to case by the index users_email_lower_key, so look it up by lower(email). */
  email: string;
  /** bcrypt hash with its cost and salt; the password itself is kept nowhere. */
  password_hash: string;
  name: string;
  /** True once the owner has followed a link sent to this address. */
  email_verified: Generated<boolean>;
  /** False keeps the row, and what refers to it, but refuses sign-in. */
  is_active: Generated<boolean>;
  created_at: Generated<Timestamp>;
  /** Kept by the trigger users_set_updated_at; a value given in an UPDATE is ignored. */
  updated_at: Generated<Timestamp>;
}

export interface DB {
  auth_tokens: AuthTokens;
  roles: Roles;
  user_roles: UserRoles;
  users: Users;
}
