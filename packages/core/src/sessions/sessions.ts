import type { AuthContext } from '../auth-context.ts';
import type { AccessToken } from '../tokens/access-token.ts';
import { openBrowserSession } from './browser-session.ts';
import { refreshSession } from './refresh.ts';
import { beginSession, type SignIn } from './sign-in.ts';
import { signOutBySession, signOutByToken, signOutEverywhere } from './sign-out.ts';

/** What a client without cookies gets: it sends `accessToken` with each request, and `refreshToken` to `refresh`. */
export interface TokenPair extends AccessToken {
  /** Good once. */
  readonly refreshToken: string;
}

/** What a browser's session is opened with: its cookie's lifetime goes on. */
export interface OpenedSession extends AccessToken {
  /** When the session token expires unless it is used. */
  readonly expiresAt: Date;
}

/** A browser's session has begun. */
export interface StartedSession extends OpenedSession {
  /** For a cookie that no script reads. */
  readonly sessionToken: string;
  readonly userId: string;
}

/** Which session: that of a refresh token, or that of an access token (`Identity` has both). */
export type SignOut = { readonly refreshToken: string } | { readonly userId: string; readonly sessionId: string };

export interface Sessions {
  /**
   * Begins a session for a client without cookies.
   *
   * `address` is the IP address that the attempt comes from; who may be behind a proxy finds it out before. Rejects with
   * `CREDENTIALS_INVALID` (no such address and a wrong password alike, after the same time), `SIGN_IN_THROTTLED` after
   * too many failures, `ACCOUNT_INACTIVE`, `EMAIL_UNVERIFIED` where `requireVerifiedEmail` is on, `SERVICE_UNAVAILABLE`
   * when too many passwords wait to be checked; the second and the last say for how many seconds.
   */
  signIn(attempt: SignIn): Promise<TokenPair>;
  /**
   * Takes a refresh token, which is good no longer, and gives the next one. A session goes on for 30 days after it was
   * last used, and for 90 days at most.
   *
   * A token that was taken before shows that somebody has a copy: its whole session ends, and this rejects with
   * `TOKEN_REUSED`. So it does for the second of two that came at the same moment, but that session goes on. Rejects with
   * `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_REVOKED` and `ACCOUNT_INACTIVE` besides.
   */
  refresh(held: { readonly refreshToken: string }): Promise<TokenPair>;
  /** Ends one session, with its access tokens. One that has ended, or never was, is no error. */
  signOut(session: SignOut): Promise<void>;
  /** Ends all sessions of a user; API tokens stay. Rejects with `USER_UNKNOWN`. */
  signOutEverywhere(user: { readonly userId: string }): Promise<void>;
  /** As `signIn`, for a browser: its token stays the same, and only the website ever sees it. */
  startSession(attempt: SignIn): Promise<StartedSession>;
  /**
   * An access token for the page of a browser's session. Rejects with `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_REVOKED`
   * and `ACCOUNT_INACTIVE`.
   */
  openSession(held: { readonly sessionToken: string }): Promise<OpenedSession>;
  /** As `signOut`. */
  endSession(held: { readonly sessionToken: string }): Promise<void>;
}

export function createSessions(context: AuthContext): Sessions {
  return {
    async signIn(attempt) {
      const { token, accessToken, expiresIn } = await beginSession(context, attempt, 'refresh');
      return { accessToken, refreshToken: token, expiresIn };
    },
    refresh: ({ refreshToken }) => refreshSession(context, refreshToken),
    signOut: (session) =>
      'refreshToken' in session
        ? signOutByToken(context, 'refresh', session.refreshToken)
        : signOutBySession(context, session),
    signOutEverywhere: ({ userId }) => signOutEverywhere(context, userId),
    async startSession(attempt) {
      const { token, userId, accessToken, expiresIn, expiresAt } = await beginSession(context, attempt, 'session');
      return { sessionToken: token, userId, accessToken, expiresIn, expiresAt };
    },
    openSession: ({ sessionToken }) => openBrowserSession(context, sessionToken),
    endSession: ({ sessionToken }) => signOutByToken(context, 'session', sessionToken),
  };
}
