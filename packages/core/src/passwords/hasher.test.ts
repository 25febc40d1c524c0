import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
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

  it('leaves the event loop free', async () => {
    await using dear = createPasswordHasher({ cost: 10 });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await dear.hash('a password');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it('keeps no process alive, and needs nobody to end its threads', async () => {
    const script = `
      import { createPasswordHasher } from ${JSON.stringify(new URL('hasher.ts', import.meta.url).href)};
      const hash = await createPasswordHasher({ cost: 4 }).hash('a password');
      console.log(hash.slice(0, 7));`;
    const args = ['--conditions=source', '--input-type=module', '--eval', script];
    // Threads end after half a minute without work: less is soon enough to tell.
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 });
    expect(stdout).toBe('$2b$04$\n');
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
