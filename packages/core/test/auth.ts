import { decodeJwt } from 'jose';
import { createAuth, type Auth, type AuthOptions } from '../src/auth.ts';
import type { Message, TokenMessage } from '../src/mail.ts';
import { createTokenVerifier, type TokenVerifier } from '../src/tokens/verifier.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';
import { ISSUER, makeKeyRing } from './tokens.ts';

/** A message that the sign-on handed over, and which one. */
export type SentMessage = { readonly kind: 'verification' | 'reset' | 'changed' } & (Message | TokenMessage);

/** The sign-on over a database of the test file's own, with roles and without users. */
export interface TestAuth extends AsyncDisposable {
  readonly test: TestDatabase;
  readonly auth: Auth;
  /** Checks tokens for mextrack; of revocations it knows what `test` reads. */
  readonly verifier: TokenVerifier;
  readonly sent: SentMessage[];
  /** What the sign-on takes for the time; begins on 1 June 2026 at noon. */
  readonly time: { now: Date };
  /** The token of the last message of a kind to an address, once it was sent. */
  readonly lastToken: (kind: SentMessage['kind'], to: string) => Promise<string>;
  /** Whether `token_revocations` withdraws an access token. */
  readonly isWithdrawn: (accessToken: string) => Promise<boolean>;
  /** A second sign-on over the same database, as another process would be. */
  readonly another: (options?: Partial<AuthOptions>) => Auth;
}

export const HOME = '203.0.113.7';
export const ELSEWHERE = '198.51.100.9';
export const PASSWORD = 'a long and good one';

export async function openTestAuth(options: Partial<AuthOptions> = {}): Promise<TestAuth> {
  await using opened = new AsyncDisposableStack();
  const test = opened.use(await openTestDatabase());
  await test.db.query(`INSERT INTO roles (name, description) VALUES ('admin', ''), ('manager', ''), ('member', '')`);
  const keys = await makeKeyRing();
  const time = { now: new Date('2026-06-01T12:00:00Z') };
  const sent: SentMessage[] = [];
  const make = (more: Partial<AuthOptions> = {}): Auth =>
    createAuth({
      pool: test.app,
      keys,
      issuer: ISSUER,
      audiences: ['atriz', 'mextrack', 'pshop'],
      mail: {
        sendVerification: (message) => void sent.push({ kind: 'verification', ...message }),
        sendPasswordReset: (message) => void sent.push({ kind: 'reset', ...message }),
        sendPasswordChanged: (message) => void sent.push({ kind: 'changed', ...message }),
      },
      clock: () => time.now,
      passwordCost: 4,
      passwordThreads: 2,
      ...options,
      ...more,
    });
  const auth = opened.use(make());
  const verifier = createTokenVerifier({ issuer: ISSUER, audience: 'mextrack', keys, clock: () => time.now });
  const all = opened.move();
  return {
    test,
    auth,
    verifier,
    sent,
    time,
    another: (more) => all.use(make(more)),
    async isWithdrawn(accessToken) {
      const { sub, sid, ver } = decodeJwt(accessToken);
      const { rowCount } = await test.db.query(
        `SELECT FROM token_revocations
         WHERE subject_id = $2 AND least_version IS NULL OR subject_id = $1 AND coalesce(least_version > $3, true)`,
        [sub, sid, ver],
      );
      return rowCount !== 0;
    },
    async lastToken(kind, to) {
      for (;;) {
        const message = sent.findLast((each) => each.kind === kind && each.to === to);
        if (message !== undefined && 'token' in message) return message.token;
        await new Promise(setImmediate);
      }
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
