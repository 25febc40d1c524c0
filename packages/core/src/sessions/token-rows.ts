import type { DatabasePool } from '@atriz/database';

type Client = Pick<DatabasePool, 'query'>;

export type TokenType = 'refresh' | 'session' | 'api' | 'email_verification' | 'password_reset';

/** A row of `auth_tokens`, without its hash. */
export interface TokenRow {
  readonly id: string;
  readonly userId: string;
  readonly sessionId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Null for what belongs to no session, and for sessions begun before there was an end to them. */
  readonly sessionEndsAt: Date | null;
  readonly replacedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly audiences: readonly string[] | null;
}

const COLUMNS = `
  id,
  user_id AS "userId",
  session_id AS "sessionId",
  created_at AS "createdAt",
  expires_at AS "expiresAt",
  session_ends_at AS "sessionEndsAt",
  replaced_at AS "replacedAt",
  revoked_at AS "revokedAt",
  audiences`;

export interface TokenKey {
  readonly type: TokenType;
  readonly hash: string;
}

/** The token of this hash, whatever has become of it; undefined when there is none of this type. */
export async function readToken(db: Client, { type, hash }: TokenKey): Promise<TokenRow | undefined> {
  return selectToken(db, { type, hash }, '');
}

/** As {@link readToken}, and kept locked until the transaction ends. */
export async function lockToken(client: Client, { type, hash }: TokenKey): Promise<TokenRow | undefined> {
  return selectToken(client, { type, hash }, 'FOR NO KEY UPDATE');
}

async function selectToken(db: Client, { type, hash }: TokenKey, clause: string): Promise<TokenRow | undefined> {
  const { rows } = await db.query<TokenRow>(
    `SELECT ${COLUMNS} FROM auth_tokens WHERE token_hash = $1 AND token_type = $2 ${clause}`,
    [hash, type],
  );
  return rows[0];
}

export interface NewToken extends TokenKey {
  readonly userId: string;
  readonly now: Date;
  readonly expiresAt: Date;
  readonly sessionId?: string;
  readonly sessionEndsAt?: Date;
  readonly name?: string;
  readonly audiences?: readonly string[] | undefined;
}

/** Returns the new row's id. */
export async function insertToken(client: Client, token: NewToken): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO auth_tokens
       (user_id, token_type, token_hash, created_at, expires_at, session_id, session_ends_at, name, audiences)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     RETURNING id`,
    [
      token.userId,
      token.type,
      token.hash,
      token.now,
      token.expiresAt,
      token.sessionId ?? null,
      token.sessionEndsAt ?? null,
      token.name ?? null,
      token.audiences ?? null,
    ],
  );
  return rows[0]!.id;
}
