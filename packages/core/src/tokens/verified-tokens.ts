import type { VerifiedClaims } from './claims.ts';

/** Tokens whose signature was checked a moment ago: checking it takes a hundred times as long as finding it here. */
export interface VerifiedTokens {
  find(token: string, now: Date): VerifiedClaims | undefined;
  keep(token: string, claims: VerifiedClaims, now: Date): void;
}

/** After that the signature is checked again: for so long a key that was withdrawn may count on. */
const KEEP_MS = 60_000;

/** About 10 MB. The one kept first goes first: none stays for longer than a minute anyway. */
const MOST = 10_000;

/** Neither expiry nor revocation is looked at here: the verifier asks for both at every call. */
export function createVerifiedTokens(most = MOST): VerifiedTokens {
  const kept = new Map<string, { readonly claims: VerifiedClaims; readonly keptAt: number }>();
  return {
    find(token, now) {
      const found = kept.get(token);
      if (found === undefined) return undefined;
      // A clock that was put back counts as one that moved on.
      if (Math.abs(now.getTime() - found.keptAt) < KEEP_MS) return found.claims;
      kept.delete(token);
      return undefined;
    },
    keep(token, claims, now) {
      if (kept.size >= most) kept.delete(kept.keys().next().value!);
      kept.set(token, { claims, keptAt: now.getTime() });
    },
  };
}
