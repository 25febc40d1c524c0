import fc from 'fast-check';
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ISSUER, makeKeyRing, makeToken, NOW, SESSION, USER } from '../../test/tokens.ts';
import { generateSigningKey } from './signing-key.ts';
import { createTokenVerifier, type TokenVerifierOptions } from './verifier.ts';

const keys = await makeKeyRing();
const { id: kid, signingHalf, verifyingHalf } = await keys.signingKey(NOW);

const verifierAt = (now: Date, options: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({ issuer: ISSUER, audience: 'mextrack', keys, clock: () => now, ...options });
const secondsAfter = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe('createTokenVerifier', () => {
  it('says whose token it is', async () => {
    expect(await verifierAt(NOW).verify(await makeToken(keys))).toStrictEqual({
      userId: USER,
      sessionId: SESSION,
      roles: ['admin', 'member'],
      expiresAt: new Date('2026-06-01T12:15:00Z'),
    });
  });

  it.each([-30, 0, 899, 929])('lets a token through %i seconds after it was signed', async (seconds) => {
    const verifier = verifierAt(secondsAfter(seconds));
    await expect(verifier.verify(await makeToken(keys))).resolves.toMatchObject({ userId: USER });
  });

  it.each([
    [930, 'TOKEN_EXPIRED'],
    [86_400, 'TOKEN_EXPIRED'],
    [-31, 'TOKEN_INVALID'],
  ])('refuses a token %i seconds after it was signed: %s', async (seconds, code) => {
    const verifier = verifierAt(secondsAfter(seconds));
    await expect(verifier.verify(await makeToken(keys))).rejects.toMatchObject({ code });
  });

  it('refuses a token for other applications', async () => {
    const token = await makeToken(keys, { audiences: ['atriz', 'pshop'] });
    await expect(verifierAt(NOW).verify(token)).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
      message: 'this is no access token for mextrack',
    });
  });

  it('refuses the token of another issuer, signed with the same key', async () => {
    const token = await makeToken(keys, { issuer: 'https://atriz.example.evil' });
    await expect(verifierAt(NOW).verify(token)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('refuses a token signed with another key, whether it says so or not', async () => {
    const others = await makeKeyRing();
    await expect(verifierAt(NOW).verify(await makeToken(others))).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    const { signingHalf: foreign } = await generateSigningKey({ now: NOW });
    const forged = await sign({}, { key: foreign });
    await expect(verifierAt(NOW).verify(forged)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('refuses a token that was not signed, or whose end was put after another', async () => {
    const unsigned = new UnsecuredJWT(CLAIMS).encode();
    const [, payload] = unsigned.split('.');
    const [head, , signature] = (await makeToken(keys)).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid })).toString('base64url');
    for (const token of [unsigned, `${none}.${payload}.`, `${none}.${payload}.${signature}`, `${head}.${payload}.`]) {
      await expect(verifierAt(NOW).verify(token)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
  });

  it('refuses a token whose secret is the public key', async () => {
    const { x } = (await keys.signingKey(NOW)).publicKey;
    for (const secret of [Buffer.from(x, 'base64url'), Buffer.from(await exportSPKI(verifyingHalf))]) {
      const token = await new SignJWT(CLAIMS).setProtectedHeader({ ...HEADER, alg: 'HS256' }).sign(secret);
      await expect(verifierAt(NOW).verify(token)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
  });

  it.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    ['no end', { exp: undefined }, {}],
    ['a life of a day', { exp: seconds() + 86_400, iat: seconds() - 3600 }, {}],
    ['no beginning', { iat: undefined }, {}],
    ['no user', { sub: undefined }, {}],
    ['a user that is no id', { sub: "' OR true --" }, {}],
    ['no session', { sid: undefined }, {}],
    ['a version that is no number', { ver: '3' }, {}],
    ['roles that are one text', { roles: 'admin' }, {}],
    ['no id of its own', { jti: undefined }, {}],
    ['another type', {}, { typ: 'JWT' }],
    ['no type', {}, { typ: undefined }],
    ['no key', {}, { kid: undefined }],
    ['a key that is no text', {}, { kid: 1 }],
  ])('refuses a token of ours with %s', async (_, claims, header) => {
    await expect(verifierAt(NOW).verify(await sign(claims, { header }))).rejects.toMatchObject({
      code: expect.stringMatching(/^TOKEN_(INVALID|EXPIRED)$/),
    });
  });

  it('leaves out roles that this code does not know', async () => {
    const { roles } = await verifierAt(NOW).verify(await sign({ roles: ['astronaut', 'manager'] }, {}));
    expect(roles).toStrictEqual(['manager']);
  });

  it('refuses what was revoked since', async () => {
    const asked: unknown[] = [];
    const revocations = { isRevoked: (token: unknown) => asked.push(token) > 1 };
    const verifier = verifierAt(NOW, { revocations });
    const token = await makeToken(keys);
    await expect(verifier.verify(token)).resolves.toMatchObject({ userId: USER });
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(asked[0]).toMatchObject({ userId: USER, sessionId: SESSION, version: 3 });
  });

  it('knows a token in one form only', async () => {
    const token = await makeToken(keys);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n'.replace(token.at(-1)!, '');
    for (const letter of letters) {
      for (const text of [token.slice(0, -1) + letter, token + letter]) {
        await expect(verifierAt(NOW).verify(text)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      }
    }
  });

  it('answers any text with TOKEN_INVALID', async () => {
    const token = await makeToken(keys);
    const damaged = fc
      .tuple(fc.nat(token.length), fc.nat(20), fc.string({ unit: 'binary', maxLength: 20 }))
      .map(([start, length, text]) => token.slice(0, start) + text + token.slice(start + length))
      .filter((text) => text !== token);
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.constantFrom(...token.split('.')),
    );
    const texts = fc.oneof(
      damaged,
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 5 }).map((all) => all.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        fc.pre(text !== token);
        await expect(verifierAt(NOW).verify(text)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses what is too long to be a token, unseen, and what is no text at all', async () => {
    const long = `${await makeToken(keys)}${'A'.repeat(5000)}`;
    for (const token of [long, undefined, null, 1, {}] as string[]) {
      await expect(verifierAt(NOW).verify(token)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
  });
});

const HEADER = { alg: 'EdDSA', typ: 'at+jwt', kid };
const CLAIMS = {
  iss: ISSUER,
  aud: 'mextrack',
  sub: USER,
  sid: SESSION,
  ver: 3,
  roles: [],
  iat: seconds(),
  exp: seconds() + 900,
  jti: 'one',
};

/** A token that only a holder of our key can make, with something amiss. */
function sign(
  claims: Readonly<Record<string, unknown>>,
  { header = {}, key = signingHalf }: { header?: Readonly<Record<string, unknown>>; key?: typeof signingHalf },
): Promise<string> {
  return new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader({ ...HEADER, ...header }).sign(key);
}

function seconds(): number {
  return NOW.getTime() / 1000;
}
