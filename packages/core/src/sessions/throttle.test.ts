import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ELSEWHERE, HOME, openTestAuth, PASSWORD, type TestAuth } from '../../test/auth.ts';

const SECOND = 1000;
const DAY = 86_400_000;
let on: TestAuth;

beforeAll(async () => {
  on = await openTestAuth();
  for (const name of ['ada', 'grace']) {
    await on.auth.register({ email: `${name}@example.com`, password: PASSWORD, name, address: HOME });
  }
});
beforeEach(async () => {
  await on.test.db.query('TRUNCATE sign_in_attempts, sign_in_addresses');
});
afterAll(() => on[Symbol.asyncDispose]());

interface Try {
  readonly email?: string;
  readonly password?: string;
  readonly address?: string;
  readonly auth?: TestAuth['auth'];
}

/** The code that an attempt ends with, or "in". */
async function attempt({ email = 'ada@example.com', password = 'wrong', address = HOME, auth = on.auth }: Try = {}) {
  try {
    await auth.signIn({ email, password, address });
    return 'in';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

async function failTimes(count: number, how: Try = {}): Promise<void> {
  for (let index = 0; index < count; index += 1) await attempt(how);
}

const pass = (ms: number): void => {
  on.time.now = new Date(on.time.now.getTime() + ms);
};

const counters = async (): Promise<unknown[]> => {
  const { rows } = await on.test.db.query(
    `SELECT split_part(subject, ':', 1) AS limit, failures::integer, blocked_until IS NOT NULL AS blocked
     FROM sign_in_attempts ORDER BY subject`,
  );
  return rows;
};

describe('guessing', () => {
  it('is let through five times, then after one second, two, four', async () => {
    await failTimes(5);
    for (const waitSeconds of [1, 2, 4]) {
      await expect(
        on.auth.signIn({ email: 'ADA@example.com', password: PASSWORD, address: HOME }),
      ).rejects.toMatchObject({ code: 'SIGN_IN_THROTTLED', retryAfterSeconds: waitSeconds });
      pass(waitSeconds * SECOND - 1);
      expect(await attempt()).toBe('SIGN_IN_THROTTLED');
      pass(1);
      expect(await attempt()).toBe('CREDENTIALS_INVALID');
    }
  });

  it('is not let through more often by twenty guesses at once, over two processes', async () => {
    const another = on.another();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) => attempt({ auth: index % 2 ? on.auth : another })),
    );
    expect(all.filter((code) => code === 'CREDENTIALS_INVALID')).toHaveLength(5);
    expect(all.filter((code) => code === 'SIGN_IN_THROTTLED')).toHaveLength(15);
  });

  it('is slowed down for an address that nobody has as for one that somebody has', async () => {
    await failTimes(5, { email: 'nobody@example.com' });
    expect(await attempt({ email: 'nobody@example.com' })).toBe('SIGN_IN_THROTTLED');
  });

  it('is remembered over a restart', async () => {
    await failTimes(5);
    expect(await attempt({ auth: on.another() })).toBe('SIGN_IN_THROTTLED');
  });

  it('counts an IPv6 network as one address', async () => {
    await failTimes(3, { address: '2001:db8:1:2::1' });
    await failTimes(2, { address: '2001:db8:1:2:ffff::2' });
    expect(await attempt({ address: '2001:db8:1:2::3' })).toBe('SIGN_IN_THROTTLED');
    expect(await attempt({ address: '2001:db8:1:3::3' })).toBe('CREDENTIALS_INVALID');
  });

  it('of one password on many accounts waits after 50 failures from one address', async () => {
    for (let index = 0; index < 50; index += 1) await attempt({ email: `nobody${index}@example.com` });
    expect(await attempt({ email: 'grace@example.com', password: PASSWORD })).toBe('SIGN_IN_THROTTLED');
    expect(await attempt({ email: 'grace@example.com', password: PASSWORD, address: ELSEWHERE })).toBe('in');
  });

  it('on one account from many addresses waits after 50 failures, a minute at most', async () => {
    for (let index = 0; index < 70; index += 1) {
      await attempt({ address: `192.0.2.${index}` });
      pass(60 * SECOND);
    }
    pass(-60 * SECOND);
    await expect(
      on.auth.signIn({ email: 'ada@example.com', password: PASSWORD, address: ELSEWHERE }),
    ).rejects.toMatchObject({ code: 'SIGN_IN_THROTTLED', retryAfterSeconds: 60 });
    pass(60 * SECOND);
    expect(await attempt({ password: PASSWORD, address: ELSEWHERE })).toBe('in');
  });

  it('by strangers keeps nobody out of their account where they have signed in before', async () => {
    expect(await attempt({ password: PASSWORD })).toBe('in');
    for (let index = 0; index < 60; index += 1) await attempt({ address: `192.0.2.${index}` });
    expect(await attempt({ address: '192.0.2.200' })).toBe('SIGN_IN_THROTTLED');
    expect(await attempt({ password: PASSWORD })).toBe('in');
    pass(91 * DAY);
    for (let index = 0; index < 51; index += 1) await attempt({ address: `192.0.2.${index}` });
    expect(await attempt({ password: PASSWORD })).toBe('SIGN_IN_THROTTLED');
  });

  it('is forgotten after a day without any', async () => {
    await failTimes(5);
    pass(DAY + 1);
    await failTimes(4);
    expect(await attempt({ password: PASSWORD })).toBe('in');
  });
});

describe('a sign-in that succeeds', () => {
  it('forgets the failures of its account at its address, and of others takes its own back', async () => {
    await failTimes(3);
    expect(await attempt({ password: PASSWORD })).toBe('in');
    expect(await counters()).toStrictEqual([
      { limit: 'account', failures: 3, blocked: false },
      { limit: 'address', failures: 3, blocked: false },
    ]);
  });

  it('waits for no other in a circle, when thirty come at once from a new address', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `user${index}`);
    await on.test.db.query(
      `INSERT INTO users (email, password_hash, name)
       SELECT name || '@example.com', (SELECT password_hash FROM users WHERE email = 'ada@example.com'), name
       FROM unnest($1::text[]) AS name`,
      [names],
    );
    const another = on.another();
    const attempts = [on.auth, another, on.auth].flatMap((auth) =>
      names.map((name) => attempt({ auth, email: `${name}@example.com`, password: PASSWORD, address: ELSEWHERE })),
    );
    expect(await Promise.all(attempts)).toStrictEqual(Array<string>(30).fill('in'));
    expect(await counters()).toStrictEqual(
      [...Array<string>(10).fill('account'), 'address'].map((limit) => ({ limit, failures: 0, blocked: false })),
    );
  });

  it('ends the wait that it began itself', async () => {
    await failTimes(49, { email: 'grace@example.com', address: ELSEWHERE });
    await on.test.db.query(`UPDATE sign_in_attempts SET failures = 49, blocked_until = NULL`);
    await on.test.db.query(`DELETE FROM sign_in_attempts WHERE subject LIKE 'pair:%'`);
    const signIn = { email: 'grace@example.com', password: PASSWORD, address: ELSEWHERE };
    expect(await attempt(signIn)).toBe('in');
    expect(await counters()).toStrictEqual([
      { limit: 'account', failures: 49, blocked: false },
      { limit: 'address', failures: 49, blocked: false },
    ]);
  });
});

describe('asking for mail', () => {
  it('is let through three times for one account, known or not, then after a minute', async () => {
    for (const email of ['ada@example.com', 'nobody@example.com']) {
      const ask = () => on.auth.requestPasswordReset({ email, address: HOME });
      await ask();
      await ask();
      await ask();
      await expect(ask()).rejects.toMatchObject({ code: 'SIGN_IN_THROTTLED', retryAfterSeconds: 60 });
      await expect(on.auth.requestEmailVerification({ email, address: HOME })).resolves.toBeUndefined();
    }
  });

  it('is let through twenty times from one address', async () => {
    for (let index = 0; index < 20; index += 1) {
      await on.auth.requestPasswordReset({ email: `nobody${index}@example.com`, address: ELSEWHERE });
    }
    const more = { email: 'nobody@example.com', address: ELSEWHERE };
    await expect(on.auth.requestPasswordReset(more)).rejects.toMatchObject({ code: 'SIGN_IN_THROTTLED' });
    await on.auth.requestPasswordReset({ ...more, address: HOME });
  });
});

function register(index: number, address: string) {
  return on.auth.register({ email: `new${index}@example.com`, password: PASSWORD, name: 'New', address });
}

describe('registering', () => {
  it('is let through a hundred times from one address', async () => {
    for (let index = 0; index < 100; index += 1) await register(index, ELSEWHERE);
    await expect(register(100, ELSEWHERE)).rejects.toMatchObject({ code: 'SIGN_IN_THROTTLED' });
    await expect(register(100, HOME)).resolves.toMatchObject({ userId: expect.any(String) });
  });
});

describe('the table sign_in_attempts', () => {
  it('says neither who was tried nor from where', async () => {
    await attempt();
    const { rows } = await on.test.db.query<{ subject: string }>(
      'SELECT subject FROM sign_in_attempts ORDER BY subject',
    );
    expect(rows.map(({ subject }) => subject)).toStrictEqual([
      expect.stringMatching(/^account:[0-9a-f]{64}$/),
      expect.stringMatching(/^address:[0-9a-f]{64}$/),
      expect.stringMatching(/^pair:[0-9a-f]{64}$/),
    ]);
  });
});
