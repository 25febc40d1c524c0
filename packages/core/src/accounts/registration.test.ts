import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOME, openTestAuth, PASSWORD, type TestAuth } from '../../test/auth.ts';

const DAY = 86_400_000;
let on: TestAuth;

beforeAll(async () => {
  on = await openTestAuth();
});
beforeEach(async () => {
  await on.test.db.query('TRUNCATE sign_in_attempts');
});
afterAll(() => on[Symbol.asyncDispose]());

const register = (email: string, { password = PASSWORD, name = 'Ada' } = {}): Promise<{ readonly userId: string }> =>
  on.auth.register({ email, password, name, address: HOME });

describe('register', () => {
  it('makes a member who can sign in, and sends the message that verifies the address', async () => {
    const { userId } = await register(' Ada@Example.com ', { name: ' Ada Lovelace ' });
    const { rows } = await on.test.db.query(
      `SELECT email, users.name, email_verified, is_active, roles.name AS role
       FROM users JOIN user_roles ON user_id = users.id JOIN roles ON roles.id = role_id WHERE users.id = $1`,
      [userId],
    );
    expect(rows).toStrictEqual([
      { email: 'Ada@Example.com', name: 'Ada Lovelace', email_verified: false, is_active: true, role: 'member' },
    ]);
    expect(await on.lastToken('verification', 'Ada@Example.com')).toMatch(/^[\w-]{43}$/);
    expect(on.sent.find(({ to }) => to === 'Ada@Example.com')).toMatchObject({ name: 'Ada Lovelace' });
    const attempt = { email: 'ada@example.COM', password: PASSWORD, address: HOME };
    expect(await on.auth.signIn(attempt)).toMatchObject({ expiresIn: 900 });
  });

  it('is done by the user themselves, as the audit log has it', async () => {
    const { userId } = await register('audited@example.com');
    const { rows } = await on.test.db.query(
      'SELECT action, actor_id = user_id AS self FROM audit_log WHERE user_id = $1 ORDER BY action',
      [userId],
    );
    expect(rows).toStrictEqual([
      { action: 'email_verification.requested', self: true },
      { action: 'role.granted', self: true },
      { action: 'user.created', self: true },
    ]);
  });

  it('refuses an address that an account has, in whatever case', async () => {
    await register('taken@example.com');
    await expect(register('TAKEN@example.com')).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
  });

  it('makes one account of ten that come at once', async () => {
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => register('race@example.com')));
    const refused = all.filter((each) => each.status === 'rejected').map(({ reason }) => reason.code as string);
    expect(refused).toStrictEqual(Array<string>(9).fill('EMAIL_TAKEN'));
  });

  it.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'a b@example.com',
    'a@b@c',
    'a\0@example.com',
    'a\u0085b@example.com',
    `${'a'.repeat(251)}@b.c`,
  ])('refuses the address %j', async (email) => {
    await expect(register(email)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it.each(['', '   ', 'a\0b', 'x'.repeat(201)])('refuses the name %j', async (name) => {
    await expect(register('named@example.com', { name })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it.each(['short', 'password123', 'refused@example.com'])('refuses the password %j', async (password) => {
    await expect(register('refused@example.com', { password })).rejects.toMatchObject({ code: 'PASSWORD_REFUSED' });
  });

  it('keeps SQL as it was written', async () => {
    const name = `Robert'); DROP TABLE users; --`;
    const email = `o'brien"--;$1@example.com`;
    const { userId } = await register(email, { name, password: `' OR '1'='1'; --` });
    const { rows } = await on.test.db.query('SELECT name, email FROM users WHERE id = $1', [userId]);
    expect(rows).toStrictEqual([{ name, email }]);
    const attempt = { email, password: `' OR '1'='1'; --`, address: `'; DROP TABLE users` };
    expect(await on.auth.signIn(attempt)).toMatchObject({ expiresIn: 900 });
  });

  it('makes an account although its message cannot be sent', async () => {
    const failures: unknown[] = [];
    const auth = on.another({
      mail: {
        sendVerification: () => Promise.reject(new Error('no mail server')),
        sendPasswordReset: () => {},
        sendPasswordChanged: () => {},
      },
      logger: { info: () => {}, warn: () => {}, error: (...logged) => void failures.push(logged) },
    });
    const account = { email: 'unsent@example.com', password: PASSWORD, name: 'Unsent', address: HOME };
    expect(await auth.register(account)).toStrictEqual({ userId: expect.any(String) });
    await auth[Symbol.asyncDispose]();
    expect(failures).toStrictEqual([
      [{ err: new Error('no mail server') }, 'the message for email_verification failed'],
    ]);
  });
});

describe('verifyEmail', () => {
  it('takes the token once', async () => {
    const { userId } = await register('once@example.com');
    const token = await on.lastToken('verification', 'once@example.com');
    expect(await on.auth.verifyEmail({ token })).toStrictEqual({ userId });
    const { rows } = await on.test.db.query('SELECT email_verified FROM users WHERE id = $1', [userId]);
    expect(rows).toStrictEqual([{ email_verified: true }]);
    await expect(on.auth.verifyEmail({ token })).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
  });

  it('takes no token of three days ago, none of another kind, and none that nobody made', async () => {
    await register('late@example.com');
    const token = await on.lastToken('verification', 'late@example.com');
    await expect(on.auth.completePasswordReset({ token, password: 'another good one' })).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
    });
    on.time.now = new Date(on.time.now.getTime() + 3 * DAY);
    await expect(on.auth.verifyEmail({ token })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(on.auth.verifyEmail({ token: `' OR 1=1 --` })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('takes the token of the last message only', async () => {
    await register('again@example.com');
    const first = await on.lastToken('verification', 'again@example.com');
    const sentBefore = on.sent.length;
    await on.auth.requestEmailVerification({ email: 'AGAIN@example.com', address: HOME });
    await expect.poll(() => on.sent.length).toBe(sentBefore + 1);
    await expect(on.auth.verifyEmail({ token: first })).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    const second = await on.lastToken('verification', 'again@example.com');
    expect(await on.auth.verifyEmail({ token: second })).toStrictEqual({ userId: expect.any(String) });
  });

  it('is not asked for again once it was done, nor by nobody', async () => {
    const auth = on.another();
    const sentBefore = on.sent.length;
    await auth.requestEmailVerification({ email: 'again@example.com', address: HOME });
    await auth.requestEmailVerification({ email: 'nobody@example.com', address: HOME });
    await auth.requestEmailVerification({ email: 'no\0body', address: HOME });
    await auth[Symbol.asyncDispose]();
    expect(on.sent.length).toBe(sentBefore);
  });
});
