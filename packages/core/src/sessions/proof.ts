import { createHash } from 'node:crypto';
import { withTransaction, withUser, type DatabasePool } from '@atriz/database';
import { findAccountByEmail, findAccountById, lockAccount, type Account } from '../accounts/account.ts';
import type { AuthContext } from '../auth-context.ts';
import { normalizePassword } from '../passwords/rules.ts';
import { ADDRESS_KNOWN_MS } from './lifetimes.ts';
import { networkOf } from './network.ts';
import { accountInactive, credentialsInvalid } from './refusals.ts';
import { chargeAttempt, giveBack, type Receipt, type Subject } from './throttle.ts';

type Client = Pick<DatabasePool, 'query'>;

/** Who says to be whom, and proves it by a password. */
export interface Attempt {
  readonly password: string;
  /** Where the attempt comes from: an IP address. */
  readonly address: string;
}

/** A password that was right, for the account as it was read. */
export interface Proof {
  readonly account: Account;
  readonly receipt: Receipt;
  /** The password's hash at today's cost, where the kept one costs less. */
  readonly newHash: string | undefined;
  readonly addressHash: string;
  /** Whether the password is the one of another hash, too: of one that has taken the place of the account's since. */
  readonly isOf: (hash: string) => Promise<boolean>;
}

/** As {@link proveAccount}, of the account with this address. An unknown one takes the same steps, and as long. */
export async function proveEmail(context: AuthContext, email: string, attempt: Attempt): Promise<Proof> {
  return proveAccount(context, await findAccountByEmail(context.pool, email), email, attempt);
}

/** As {@link proveAccount}, of a user who is signed in already. */
export async function proveUser(context: AuthContext, userId: string, attempt: Attempt): Promise<Proof> {
  return proveAccount(context, await findAccountById(context.pool, userId), userId, attempt);
}

/**
 * Checks a password. The attempt is counted before, in a transaction of its own, and stays counted unless the password
 * is right; the hash is compared outside of any transaction, so that no connection waits for it. Rejects with
 * `CREDENTIALS_INVALID`, `SIGN_IN_THROTTLED` and `SERVICE_UNAVAILABLE`.
 */
async function proveAccount(
  context: AuthContext,
  account: Account | undefined,
  claim: string,
  { password, address }: Attempt,
): Promise<Proof> {
  const { pool, hasher } = context;
  const now = context.clock();
  const network = networkOf(address);
  const addressHash = createHash('sha256').update(network).digest('hex');
  const isKnown = await isKnownAddress(pool, { userId: account?.id ?? NOBODY, addressHash, now });
  const receipt = await chargeAttempt(pool, subjectsOf(account?.id ?? claim.toLowerCase(), network, isKnown), now);

  const normal = normalizePassword(password);
  const hash = normal === undefined ? undefined : account?.passwordHash;
  const { matches, newHash } = await hasher.compare(normal ?? '', hash).catch(async (error: unknown) => {
    await withTransaction(pool.pool, (client) => giveBack(client, receipt, { forgive: false }));
    throw error;
  });
  if (account === undefined || !matches) throw credentialsInvalid();
  const isOf = async (other: string): Promise<boolean> => (await hasher.compare(normal ?? '', other)).matches;
  return { account, receipt, newHash, addressHash, isOf };
}

/**
 * Runs `work` in the transaction of a proof: the account is locked and its password still the one that was compared,
 * what was counted is given back, a hash that costs too little is replaced. Rejects with `CREDENTIALS_INVALID` when the
 * password was changed meanwhile, and `ACCOUNT_INACTIVE`.
 */
export async function withProof<Result>(
  context: Pick<AuthContext, 'pool'>,
  proof: Proof,
  work: (client: Client, account: Account) => Promise<Result>,
  lock: 'shared' | 'exclusive' = 'shared',
): Promise<Result> {
  const outcome = await runProved(context, proof, work, lock);
  // Thrown out here, so that what was given back is kept.
  if ('refusal' in outcome) throw outcome.refusal;
  if ('result' in outcome) return outcome.result;
  // Somebody signed in at the same moment, and the same password has a hash of today's cost now; or it is another one.
  const { replacement } = outcome;
  if (replacement === undefined || !(await proof.isOf(replacement.passwordHash))) throw credentialsInvalid();
  return withProof(context, { ...proof, account: replacement, newHash: undefined }, work, lock);
}

type Outcome<Result> =
  | { readonly result: Result }
  | { readonly refusal: Error }
  /** The account with another hash than the one that was compared; undefined when it is gone. */
  | { readonly replacement: Account | undefined };

function runProved<Result>(
  { pool }: Pick<AuthContext, 'pool'>,
  { account, receipt, newHash }: Proof,
  work: (client: Client, account: Account) => Promise<Result>,
  lock: 'shared' | 'exclusive',
): Promise<Outcome<Result>> {
  return withUser(pool.pool, account.id, async (client) => {
    const current = await lockAccount(client, account.id, newHash === undefined ? lock : 'exclusive');
    if (current?.passwordHash !== account.passwordHash) return { replacement: current };
    await giveBack(client, receipt, { forgive: true });
    if (!current.isActive) return { refusal: accountInactive() };
    if (newHash !== undefined) {
      // Tells the audit log's trigger that the password is the same.
      await client.query(`SET LOCAL atriz.password_rehashed = 'on'`);
      await client.query('UPDATE users SET password_hash = $2 WHERE id = $1', [account.id, newHash]);
    }
    return { result: await work(client, current) };
  });
}

/** At an address where its user has signed in before, nobody else's failures count. */
function subjectsOf(claim: string, network: string, isKnown: boolean): Subject[] {
  const pair: Subject = { limit: 'pair', of: [claim, network] };
  if (isKnown) return [pair];
  return [pair, { limit: 'address', of: [network] }, { limit: 'account', of: [claim] }];
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

async function isKnownAddress(
  db: Client,
  { userId, addressHash, now }: { readonly userId: string; readonly addressHash: string; readonly now: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'SELECT FROM sign_in_addresses WHERE user_id = $1 AND address_hash = $2 AND signed_in_at > $3',
    [userId, addressHash, new Date(now.getTime() - ADDRESS_KNOWN_MS)],
  );
  return rowCount === 1;
}
