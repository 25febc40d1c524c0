import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyRing } from './key-ring.ts';
import { remoteKeys } from './remote-keys.ts';
import { generateSigningKey } from './signing-key.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const first = await generateSigningKey({ now: NOW });
const second = await generateSigningKey({ now: NOW });
const published = async (...keys: (typeof first)[]) => JSON.stringify(await createKeyRing(keys).publicKeys(NOW));

let website: Server;
let url: string;
let answer: { status: number; body: string };
let asked: number;

beforeEach(async () => {
  asked = 0;
  answer = { status: 200, body: await published(first) };
  website = createServer((_, response) => {
    asked += 1;
    response.writeHead(answer.status, { 'content-type': 'application/json', location: '/' }).end(answer.body);
  });
  await new Promise<void>((resolve) => {
    website.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(website.address() as AddressInfo).port}/.well-known/jwks.json`;
});
afterEach(() => close());

async function close(): Promise<void> {
  website.closeAllConnections();
  await new Promise((resolve) => {
    website.close(resolve);
  });
}

describe('remoteKeys', () => {
  it('reads the keys once for however many ask at first', async () => {
    const keys = remoteKeys(url);
    const found = await Promise.all(Array.from({ length: 20 }, () => keys.verificationKey(first.id, NOW)));
    expect(found.every((key) => key?.type === 'public')).toBe(true);
    expect(asked).toBe(1);
  });

  it('reads them again when they are five minutes old, and lets nobody wait for it', async () => {
    const keys = remoteKeys(url);
    await keys.load(NOW);
    await keys.verificationKey(first.id, later(299));
    expect(asked).toBe(1);
    answer.body = await published(second);
    expect(await keys.verificationKey(first.id, later(300))).toBeDefined();
    await vi.waitFor(async () => expect(await keys.verificationKey(first.id, later(301))).toBeUndefined());
    expect(await keys.verificationKey(second.id, later(301))).toBeDefined();
  });

  it('asks for a key that it does not know, but not at every token that names one', async () => {
    const keys = remoteKeys(url);
    await keys.load(NOW);
    for (let count = 0; count < 50; count += 1) {
      expect(await keys.verificationKey(`unknown ${count}`, later(9))).toBeUndefined();
    }
    expect(asked).toBe(1);
    answer.body = await published(first, second);
    expect(await keys.verificationKey(second.id, later(10))).toBeDefined();
    expect(asked).toBe(2);
  });

  it('goes on with the keys it has when the website is gone', async () => {
    const keys = remoteKeys(url);
    await keys.load(NOW);
    await close();
    for (const seconds of [300, 600, 86_400]) {
      expect(await keys.verificationKey(first.id, later(seconds))).toBeDefined();
      expect(await keys.verificationKey('unknown', later(seconds))).toBeUndefined();
    }
  });

  it('is unavailable before the first success, and finds the website when it is there', async () => {
    answer.status = 503;
    const told: unknown[] = [];
    const tell = (details: object, message: string) => void told.push([message, details]);
    const keys = remoteKeys(url, { logger: { info: tell, warn: tell, error: tell } });
    const unavailable = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 };
    await expect(keys.verificationKey(first.id, NOW)).rejects.toMatchObject(unavailable);
    await expect(keys.verificationKey(first.id, later(0.1))).rejects.toMatchObject(unavailable);
    expect(asked).toBe(1);
    answer.status = 200;
    expect(await keys.verificationKey(first.id, later(0.2))).toBeDefined();
    expect(told).toStrictEqual([['the public keys cannot be read', { url, reason: `${url} answered 503` }]]);
  });

  it.each([
    ['a redirection', 302, '{}'],
    ['no JSON', 200, '<html>'],
    ['JSON without keys', 200, '{"keys":{}}'],
    ['keys of other kinds only', 200, '{"keys":[null,1,{"kty":"oct","k":"AAAA","kid":"a"}]}'],
    ['a key that is none', 200, '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA","kid":"a"}]}'],
  ])('does not take %s for keys', async (_, status, body) => {
    answer = { status, body };
    await expect(remoteKeys(url).verificationKey('a', NOW)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('does not wait for ever', async () => {
    website.removeAllListeners('request').on('request', () => {});
    const keys = remoteKeys(url, { timeoutMs: 50 });
    await expect(keys.verificationKey(first.id, NOW)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
