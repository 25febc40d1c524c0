import type { RoleName } from '../roles.ts';

/** Who a request comes from, as its access token says. */
export interface Identity {
  /** A `users.id` of atriz_shared. */
  readonly userId: string;
  /** In alphabetical order. */
  readonly roles: readonly RoleName[];
  /** What was begun by signing in: ends with signing out. */
  readonly sessionId: string;
  readonly expiresAt: Date;
}

/** What an application checks access tokens with. */
export interface TokenVerifier extends AsyncDisposable {
  /**
   * Whose token it is. Rejects with `TOKEN_INVALID` (no token of ours, or not for this application), `TOKEN_EXPIRED`,
   * `TOKEN_REVOKED`, and `SERVICE_UNAVAILABLE` while the public keys have never been read.
   */
  verify(token: string): Promise<Identity>;
}
