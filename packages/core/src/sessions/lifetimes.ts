const DAY_MS = 86_400_000;

/** A session ends when it was not used for so long. */
const SESSION_IDLE_DAYS = 30;

/** A session ends then, however much it is used. */
const SESSION_MOST_DAYS = 90;

/** An address at which somebody has signed in counts as theirs for so long. */
export const ADDRESS_KNOWN_MS = 90 * DAY_MS;

export const EMAIL_VERIFICATION_MS = 3 * DAY_MS;

export const PASSWORD_RESET_MS = 3_600_000;

/** How long an API token is good when nothing is said, and at most. */
export const API_TOKEN_MS = 365 * DAY_MS;

export interface SessionSpan {
  /** When the token expires unless it is used. */
  readonly expiresAt: Date;
  /** When the session ends. */
  readonly sessionEndsAt: Date;
}

/** How long a session's token is good from `now` on; `sessionEndsAt` is that of the session, where it has begun. */
export function planSpan(now: Date, sessionEndsAt = later(now, SESSION_MOST_DAYS)): SessionSpan {
  const idleUntil = later(now, SESSION_IDLE_DAYS);
  return { expiresAt: idleUntil < sessionEndsAt ? idleUntil : sessionEndsAt, sessionEndsAt };
}

function later(time: Date, days: number): Date {
  return new Date(time.getTime() + days * DAY_MS);
}
