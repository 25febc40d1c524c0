import { describe, expect, it } from 'vitest';
import { createKeyRing } from './key-ring.ts';
import { generateSigningKey, type SigningKey } from './signing-key.ts';

const at = (time: string): Date => new Date(`2026-06-01T${time}Z`);

const first: SigningKey = {
  ...(await generateSigningKey({ now: at('08:00:00') })),
  signsUntil: at('12:00:00'),
  verifiesUntil: at('12:16:00'),
};
const second = await generateSigningKey({ now: at('11:45:00'), signsFrom: at('12:00:00') });
const ring = createKeyRing([first, second]);

describe('a ring of two keys', () => {
  it.each([
    ['08:00:00', first.id],
    ['11:59:59', first.id],
    ['12:00:00', second.id],
    ['23:00:00', second.id],
  ])('signs at %s with one of them', async (time, id) => {
    expect((await ring.signingKey(at(time))).id).toBe(id);
  });

  it.each([
    ['11:45:00', [first.id, second.id]],
    ['12:15:59', [first.id, second.id]],
    ['12:16:00', [second.id]],
  ])('publishes at %s those that verify, and the one that will sign', async (time, ids) => {
    expect((await ring.publicKeys(at(time))).keys.map(({ kid }) => kid)).toStrictEqual(ids);
  });

  it('finds no key that verifies no more, and none that it never had', async () => {
    expect(await ring.verificationKey(first.id, at('12:15:59'))).toBe(first.verifyingHalf);
    expect(await ring.verificationKey(first.id, at('12:16:00'))).toBeUndefined();
    expect(await ring.verificationKey('other', at('09:00:00'))).toBeUndefined();
  });

  it('says that no key signs, before the first does', async () => {
    await expect(ring.signingKey(at('07:59:59'))).rejects.toMatchObject({
      code: 'KEYS_INVALID',
      message: 'none of the 2 signing keys signs at 2026-06-01T07:59:59.000Z',
    });
  });
});

describe('a signing key', () => {
  it('publishes a public half, and its private one nowhere', async () => {
    expect(first.publicKey).toStrictEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.stringMatching(/^[\w-]{43}$/),
      kid: first.id,
      alg: 'EdDSA',
      use: 'sig',
    });
    expect(JSON.stringify(first)).not.toMatch(/"d":/);
  });
});
