/** How often something may fail before it has to wait, and for how long then. */
export interface Limit {
  /** So many failures cost nothing. */
  readonly free: number;
  /** The wait behind the last free one; each further failure doubles it. */
  readonly firstSeconds: number;
  readonly mostSeconds: number;
}

/** What is counted of attempts to sign in, and of requests that send mail. */
export const LIMITS = {
  /** One account from one address: somebody who guesses, or has forgotten. */
  pair: { free: 5, firstSeconds: 1, mostSeconds: 900 },
  /** One address over all accounts: one password tried on many. */
  address: { free: 50, firstSeconds: 1, mostSeconds: 900 },
  /** One account over all addresses: many machines on one. Its owner may be at a new address, so the wait is short. */
  account: { free: 50, firstSeconds: 1, mostSeconds: 60 },
  /** Messages to one account's address. */
  mail_account: { free: 3, firstSeconds: 60, mostSeconds: 3600 },
  /** Messages that one address asks for. */
  mail_address: { free: 20, firstSeconds: 60, mostSeconds: 3600 },
  /** Registrations at one address: an office, a school, or somebody who makes accounts by machine. */
  registration: { free: 100, firstSeconds: 5, mostSeconds: 3600 },
} as const satisfies Readonly<Record<string, Limit>>;

/** Failures are forgotten when there was none for so long. */
const FORGOTTEN_AFTER_MS = 86_400_000;

export interface Counter {
  readonly failures: number;
  readonly lastFailedAt: Date;
  /** Attempts are refused until then; null while they are free. */
  readonly blockedUntil: Date | null;
}

export type Charge =
  | { readonly kind: 'charged'; readonly failures: number; readonly blockedUntil: Date | null }
  | { readonly kind: 'refused'; readonly waitSeconds: number };

/** Counts an attempt as a failure before it is known to be one, or says how long it has to wait. */
export function planCharge(counter: Counter, { free, firstSeconds, mostSeconds }: Limit, now: Date): Charge {
  const { failures, lastFailedAt, blockedUntil } = counter;
  const waitMs = blockedUntil === null ? 0 : blockedUntil.getTime() - now.getTime();
  if (waitMs > 0) return { kind: 'refused', waitSeconds: Math.ceil(waitMs / 1000) };
  const isForgotten = now.getTime() - lastFailedAt.getTime() > FORGOTTEN_AFTER_MS;
  const counted = isForgotten ? 1 : failures + 1;
  if (counted < free) return { kind: 'charged', failures: counted, blockedUntil: null };
  const seconds = Math.min(firstSeconds * 2 ** Math.min(counted - free, 30), mostSeconds);
  return { kind: 'charged', failures: counted, blockedUntil: new Date(now.getTime() + seconds * 1000) };
}
