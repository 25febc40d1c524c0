import { ACCESS_TOKEN_SECONDS, CLOCK_TOLERANCE_SECONDS } from './access-token.ts';
import type { RevokedTokens } from './verifier.ts';

/** A row of `token_revocations`. */
export interface Revocation {
  readonly subjectId: string;
  /** The least version that is still good; null when none is. */
  readonly leastVersion: number | null;
}

/**
 * For how long a revocation matters: as long as a token lives, with the clocks of the database, of who signs and of who
 * verifies apart by as much as is borne.
 */
export const REVOCATION_SECONDS = ACCESS_TOKEN_SECONDS + 4 * CLOCK_TOLERANCE_SECONDS;

/** What is known to be revoked, in memory. */
export interface RevocationList extends RevokedTokens {
  /** Takes revocations in, in any order, as often as they come: of two for one subject, the stricter counts. */
  add(revocations: readonly Revocation[], now: Date): void;
  /** Drops what was not heard of for as long as a revocation matters. */
  forget(now: Date): void;
}

interface Entry {
  readonly leastVersion: number;
  readonly forgetAt: number;
}

export function createRevocationList(): RevocationList {
  const bySubject = new Map<string, Entry>();
  const leastVersionOf = (subjectId: string): number => bySubject.get(subjectId)?.leastVersion ?? 0;
  return {
    isRevoked: ({ userId, sessionId, version }) =>
      version < leastVersionOf(userId) || leastVersionOf(sessionId) === Infinity,
    add(revocations, now) {
      const forgetAt = now.getTime() + REVOCATION_SECONDS * 1000;
      for (const { subjectId, leastVersion } of revocations) {
        const least = Math.max(leastVersion ?? Infinity, leastVersionOf(subjectId));
        bySubject.set(subjectId, { leastVersion: least, forgetAt });
      }
    },
    forget(now) {
      for (const [subjectId, { forgetAt }] of bySubject) {
        if (forgetAt <= now.getTime()) bySubject.delete(subjectId);
      }
    },
  };
}
