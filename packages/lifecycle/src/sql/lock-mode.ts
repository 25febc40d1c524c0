/**
 * PostgreSQL's table locks, weakest first (its documentation, "Explicit Locking"), and `unknown` for what a text alone
 * does not tell.
 */
export const LOCK_MODES = [
  'unknown',
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;

export type LockMode = (typeof LOCK_MODES)[number];

export interface Lock {
  /** The table, view or index as the statement names it; in words where the statement does not name it. */
  readonly relation: string;
  readonly mode: LockMode;
}

/** One lock a relation, the strongest of those given, in the order in which they first come. */
export function strongestLocks(locks: readonly Lock[]): Lock[] {
  const byRelation = new Map<string, LockMode>();
  for (const { relation, mode } of locks) {
    const known = byRelation.get(relation);
    if (known === undefined || LOCK_MODES.indexOf(mode) > LOCK_MODES.indexOf(known)) byRelation.set(relation, mode);
  }
  return [...byRelation].map(([relation, mode]) => ({ relation, mode }));
}
