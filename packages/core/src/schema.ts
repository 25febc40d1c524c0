/**
 * The tables of atriz_shared, as its migrations make them, for Kysely. Generated: do not edit, but migrate, and run
 * `pnpm db:generate`.
 *
 * Made from migrations: 4c8d475a2fc503968ffe66397356faf0012bf8a713fe919312a29b27162b4fc8
 */
import type { ColumnType } from 'kysely';

export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

export type Int8 = ColumnType<string, bigint | number | string, bigint | number | string>;

/** Give an array as JSON text: pg would write a JavaScript array as one of PostgreSQL's. */
export type Json = ColumnType<
  JsonValue,
  JsonObject | boolean | number | string,
  JsonObject | boolean | number | string
>;

export type JsonArray = JsonValue[];

export type JsonObject = {
  [x: string]: JsonValue | undefined;
};

export type JsonPrimitive = boolean | null | number | string;

export type JsonValue = JsonArray | JsonObject | JsonPrimitive;

export type Timestamp = ColumnType<Date, Date | string, Date | string>;

export interface AuditLog {
  /** The place in the chain, from 1 on, without gaps. */
  id: Int8;
  occurred_at: Timestamp;
  /** What happened, such as user.created; packages/core/src/audit/action.ts lists them. */
  action: string;
  /** Who did it: the user that the transaction was set to (atriz.user_id); null for a machine, or somebody in psql. */
  actor_id: string | null;
  /** Whom it is about. No foreign key: it outlives the user. */
  user_id: string | null;
  details: Generated<Json>;
  /** The hash of the row before; 32 zero bytes in the first row of all. */
  previous_hash: Buffer;
  /** SHA-256 of these, in UTF-8 with a line feed between: id; occurred_at in UTC as 2026-11-21T09:30:00.123456Z; action; actor_id; user_id (both empty for null); previous_hash in hex; details as PostgreSQL writes jsonb. */
  hash: Buffer;
}

export interface AuditLogHead {
  /** Always true: there is one head. */
  singleton: Generated<boolean>;
  /** The last row's id. */
  id: Int8;
  /** The last row's hash. */
  hash: Buffer;
}

export interface AuthTokens {
  id: Generated<string>;
  user_id: string;
  /** What the token is good for: refresh, session (of a browser), api, email_verification or password_reset. */
  token_type: string;
  /** SHA-256 of the token, 64 hex digits in lower case; the token itself is kept nowhere. */
  token_hash: string;
  created_at: Generated<Timestamp>;
  expires_at: Timestamp;
  /** When the token last opened something; null until then. */
  last_used_at: Timestamp | null;
  /** When the token was spent or withdrawn; null while it stands. */
  revoked_at: Timestamp | null;
  /** What was begun by signing in: the same in a refresh token and all that replaced it, and in their access tokens. Null for tokens that go by mail. */
  session_id: string | null;
  /** When a refresh token was used and another took its place; null until then. */
  replaced_at: Timestamp | null;
  /** What its owner calls an API token; null for all others. */
  name: string | null;
  /** The applications that an API token is good for; null for all of them. */
  audiences: string[] | null;
  /** When a refresh or session token's session ends, however much it is used; null for other tokens and for sessions older than this column, which end at expires_at. */
  session_ends_at: Timestamp | null;
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

export interface SignInAddresses {
  user_id: string;
  /** SHA-256 of the IPv4 address, or of the /64 network of an IPv6 address, 64 hex digits in lower case. */
  address_hash: string;
  signed_in_at: Generated<Timestamp>;
}

export interface SignInAttempts {
  /** What is counted: an account, an address, or both, each as a hash, after a word that says which. */
  subject: string;
  failures: Generated<Int8>;
  last_failed_at: Generated<Timestamp>;
  /** Attempts are refused unseen until then; null while they are free. */
  blocked_until: Timestamp | null;
}

export interface TokenRevocations {
  /** A users.id or an auth_tokens.session_id. No foreign key: it outlives a user who was deleted. */
  subject_id: string;
  /** Tokens of this user below this version are withdrawn; null withdraws all of the user's or session's. */
  least_version: Int8 | null;
  revoked_at: Generated<Timestamp>;
}

export interface UserDeletions {
  /** A users.id. No foreign key: it outlives the user. */
  user_id: string;
  requested_at: Generated<Timestamp>;
  /** Who asked for it: the user, or somebody who may; null for a machine. */
  requested_by: string | null;
  /** requested: atriz maintain will carry it out. refused: something stands against it. done: the user is gone. */
  state: Generated<string>;
  /** What stands against it; null unless it was refused. */
  reason: string | null;
  /** Once done: how many rows were deleted or set to null, by the column that referred to the user. */
  details: Generated<Json>;
  finished_at: Timestamp | null;
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
  /** Access tokens carry the version that they were issued at, and are good while it is not behind this one. */
  token_version: Generated<Int8>;
}

export interface DB {
  audit_log: AuditLog;
  audit_log_head: AuditLogHead;
  auth_tokens: AuthTokens;
  roles: Roles;
  sign_in_addresses: SignInAddresses;
  sign_in_attempts: SignInAttempts;
  token_revocations: TokenRevocations;
  user_deletions: UserDeletions;
  user_roles: UserRoles;
  users: Users;
}
