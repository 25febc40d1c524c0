import { compareSync, getRounds, hashSync } from 'bcryptjs';

export interface Comparison {
  readonly password: string;
  /** Undefined where there is none to compare with: nobody has the address. */
  readonly hash: string | undefined;
  /** bcrypt's cost that a hash should have. */
  readonly cost: number;
}

export interface ComparisonResult {
  readonly matches: boolean;
  /** The password's hash at the cost that it should have, where it matches one of a lower cost. */
  readonly newHash?: string;
}

const HASH = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/;

/** Salt and hash of no password that anybody knows. */
const DUMMY_TAIL = 'lqXSaH3vT7c1mB0kRz5uQOe8fWd2gYnJp6xUiE4oKsVt9LwAyCGhM';

/**
 * Compares as bcrypt does, in a time that does not tell why it fails: that of one comparison at `cost`, whether there is
 * a hash or not, and whether it costs less or not. bcrypt's work doubles with each step of cost, so one comparison at 10
 * and dummies at 10 and 11 are as much as one at 12.
 */
export function comparePassword({ password, hash, cost }: Comparison): ComparisonResult {
  if (hash === undefined || !HASH.test(hash)) {
    compareSync(password, dummyOf(cost));
    return { matches: false };
  }
  const held = getRounds(hash);
  if (compareSync(password, hash)) {
    return held < cost ? { matches: true, newHash: hashSync(password, cost) } : { matches: true };
  }
  for (let step = held; step < cost; step += 1) compareSync(password, dummyOf(step));
  return { matches: false };
}

function dummyOf(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${DUMMY_TAIL}`;
}
