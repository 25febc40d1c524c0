import { describe, expect, it } from 'vitest';
import { ISSUER, makeKeyRing, makeToken, NOW, SESSION, USER } from '../../test/tokens.ts';
import type { VerifiedClaims } from './claims.ts';
import { createVerifiedTokens } from './verified-tokens.ts';
import { createTokenVerifier, type TokenVerifierOptions } from './verifier.ts';

const claims: VerifiedClaims = {
  version: 3,
  identity: { userId: USER, sessionId: SESSION, roles: [], expiresAt: NOW },
};
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe('tokens that were verified', () => {
  it('are kept for a minute, whichever way the clock goes', () => {
    const tokens = createVerifiedTokens();
    tokens.keep('token', claims, NOW);
    expect(tokens.find('token', later(59))).toBe(claims);
    expect(tokens.find('token', later(-59))).toBe(claims);
    expect(tokens.find('other', NOW)).toBeUndefined();
    expect(tokens.find('token', later(60))).toBeUndefined();
    expect(tokens.find('token', NOW)).toBeUndefined();
  });

  it('are never more than so many: the oldest goes', () => {
    const tokens = createVerifiedTokens(2);
    for (const token of ['first', 'second', 'third']) tokens.keep(token, claims, NOW);
    expect(['first', 'second', 'third'].map((token) => tokens.find(token, NOW))).toStrictEqual([
      undefined,
      claims,
      claims,
    ]);
  });
});

describe('a verifier that has seen a token before', () => {
  const keys = makeKeyRing();

  async function openVerifier(options: Partial<TokenVerifierOptions> = {}) {
    const ring = await keys;
    const asked: string[] = [];
    let now = NOW;
    const verifier = createTokenVerifier({
      issuer: ISSUER,
      audience: 'pshop',
      keys: {
        verificationKey(id, at) {
          asked.push(id);
          return ring.verificationKey(id, at);
        },
      },
      clock: () => now,
      ...options,
    });
    const token = await makeToken(ring);
    return {
      verify: (at: Date) => {
        now = at;
        return verifier.verify(token);
      },
      signaturesChecked: () => asked.length,
    };
  }

  it('checks its signature once a minute', async () => {
    const verifier = await openVerifier();
    for (const seconds of [0, 1, 59, 60, 119]) await verifier.verify(later(seconds));
    expect(verifier.signaturesChecked()).toBe(2);
  });

  it('asks at every call whether it has expired', async () => {
    const verifier = await openVerifier();
    await verifier.verify(later(900));
    await verifier.verify(later(929.999));
    await expect(verifier.verify(later(930))).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(verifier.signaturesChecked()).toBe(1);
  });

  it('asks at every call whether it was revoked', async () => {
    let revoked = false;
    const verifier = await openVerifier({ revocations: { isRevoked: () => revoked } });
    await verifier.verify(NOW);
    revoked = true;
    await expect(verifier.verify(NOW)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
  });

  it('knows it no more a minute after its key was withdrawn', async () => {
    const ring = await keys;
    let withdrawn = false;
    const verificationKey = async (id: string, at: Date) =>
      withdrawn ? undefined : await ring.verificationKey(id, at);
    const verifier = await openVerifier({ keys: { verificationKey } });
    await verifier.verify(NOW);
    withdrawn = true;
    await expect(verifier.verify(later(60))).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('gives an answer that nobody can change for the next one', async () => {
    const verifier = await openVerifier();
    const identity = await verifier.verify(NOW);
    expect(() => Object.assign(identity, { userId: SESSION })).toThrow(TypeError);
    expect(() => (identity.roles as string[]).push('admin')).toThrow(TypeError);
  });
});
