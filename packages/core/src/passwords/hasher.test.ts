import { hashSync } from 'bcryptjs';
import { afterAll, describe, expect, it } from 'vitest';
import { createPasswordHasher } from './hasher.ts';

const hasher = createPasswordHasher({ cost: 5 });
afterAll(() => hasher[Symbol.asyncDispose]());

describe('createPasswordHasher', () => {
  it('makes bcrypt hashes of the cost that was asked for, each with a salt of its own', async () => {
    const [one, other] = await Promise.all([hasher.hash('one and the same'), hasher.hash('one and the same')]);
    expect(one).toMatch(/^\$2b\$05\$.{53}$/);
    expect(other).not.toBe(one);
    expect(await hasher.compare('one and the same', one)).toStrictEqual({ matches: true });
    expect(await hasher.compare('another', one)).toStrictEqual({ matches: false });
  });

  it('has a new hash for a password whose hash costs too little', async () => {
    const { matches, newHash } = await hasher.compare('a password', hashSync('a password', 4));
    expect(matches).toBe(true);
    expect(newHash).toMatch(/^\$2b\$05\$/);
    expect(await hasher.compare('a password', newHash)).toStrictEqual({ matches: true });
  });

  it.each([[undefined], ['hash'], ['']])('finds no password in the hash %j', async (hash) => {
    expect(await hasher.compare('a password', hash)).toStrictEqual({ matches: false });
  });

  it('refuses work when too much waits', async () => {
    await using narrow = createPasswordHasher({ cost: 9, maxThreads: 1, maxWaiting: 2 });
    await narrow.hash('the thread is there');
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => narrow.hash('a password')));
    const refused = all.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(7);
    expect(refused[0]).toMatchObject({ reason: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 5 } });
    expect(await narrow.hash('again')).toMatch(/^\$2b\$09\$/);
  });
});
