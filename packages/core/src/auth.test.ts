import { createDatabasePool } from '@atriz/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOME, openTestAuth, PASSWORD, type TestAuth } from '../test/auth.ts';

const EMAIL = 'ada@example.com';
const ATTEMPT = { email: EMAIL, password: PASSWORD, address: HOME };
const logged: unknown[] = [];
const log = (...entry: unknown[]): void => void logged.push(entry);
let on: TestAuth;

beforeAll(async () => {
  on = await openTestAuth({ logger: { info: log, warn: log, error: log } });
});
afterAll(() => on[Symbol.asyncDispose]());

/** Every row of every table, as text. */
async function readEverything(): Promise<string> {
  const { rows } = await on.test.db.query<{ text: string }>(
    `SELECT query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), true, false, '')::text AS text
     FROM pg_tables WHERE schemaname IN ('public', 'atriz')`,
  );
  return rows.map(({ text }) => text).join('\n');
}

describe('createAuth', () => {
  it('leaves no password and no token in the database, in an error or in the log', async () => {
    const { userId } = await on.auth.register({ ...ATTEMPT, name: 'Ada' });
    const first = await on.auth.signIn(ATTEMPT);
    const second = await on.auth.refresh(first);
    const { sessionToken } = await on.auth.startSession(ATTEMPT);
    const { token: apiToken } = await on.auth.createApiToken({ userId, name: 'nightly' });
    await on.auth.requestPasswordReset({ email: EMAIL, address: HOME });
    const secrets = [
      PASSWORD,
      'quite another one',
      first.refreshToken,
      first.accessToken,
      second.refreshToken,
      sessionToken,
      apiToken,
      await on.lastToken('verification', EMAIL),
      await on.lastToken('reset', EMAIL),
    ];
    const refused = await Promise.allSettled([
      on.auth.refresh(first),
      on.auth.signIn({ ...ATTEMPT, password: 'quite another one' }),
      on.auth.signIn({ ...ATTEMPT, email: 'nobody@example.com', password: 'quite another one' }),
      on.auth.register({ ...ATTEMPT, name: 'Ada' }),
      on.auth.register({ ...ATTEMPT, email: 'b@example.com', name: 'B', password: `${PASSWORD}\0` }),
      on.auth.openSession({ sessionToken: apiToken }),
      on.auth.verifyEmail({ token: sessionToken }),
    ]);
    const errors = refused.map((each) => (each as PromiseRejectedResult).reason as Error);
    expect(errors.map(({ name }) => name)).toStrictEqual(Array<string>(7).fill('AtrizError'));

    const said = JSON.stringify([logged, errors.map(({ message, stack, ...rest }) => [message, stack, rest])]);
    const kept = await readEverything();
    expect(kept).toContain(EMAIL);
    expect(said).toContain('a refresh token was used twice');
    for (const secret of secrets) {
      expect(kept).not.toContain(secret);
      expect(said).not.toContain(secret);
    }
  });

  it('keeps its functions when they are taken apart', async () => {
    const { signIn } = on.auth;
    expect(await signIn(ATTEMPT)).toMatchObject({ expiresIn: 900 });
  });

  it('rejects while the database is away, without anything that was sent', async () => {
    await using pool = createDatabasePool({ connectionString: 'postgresql://127.0.0.1:1/nowhere' });
    const [refused] = await Promise.allSettled([
      on.another({ pool }).signIn({ ...ATTEMPT, password: 'quite another one' }),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'ECONNREFUSED' } });
    expect(String((refused as PromiseRejectedResult).reason)).not.toContain('quite another one');
  });
});
