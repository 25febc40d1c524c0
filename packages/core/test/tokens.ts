import { signAccessToken, type AccessTokenClaims } from '../src/tokens/access-token.ts';
import { createKeyRing, type KeyRing } from '../src/tokens/key-ring.ts';
import { generateSigningKey } from '../src/tokens/signing-key.ts';

export const ISSUER = 'https://atriz.example';
export const USER = '11111111-1111-4111-8111-111111111111';
export const SESSION = '22222222-2222-4222-8222-222222222222';
export const NOW = new Date('2026-06-01T12:00:00Z');

export async function makeKeyRing(): Promise<KeyRing> {
  return createKeyRing([await generateSigningKey({ now: new Date('2026-01-01T00:00:00Z') })]);
}

/** An access token of a member's for mextrack and pshop, unless `claims` say otherwise. */
export async function makeToken(keys: KeyRing, claims: Partial<AccessTokenClaims> = {}): Promise<string> {
  const { accessToken } = await signAccessToken(keys, {
    issuer: ISSUER,
    audiences: ['mextrack', 'pshop'],
    userId: USER,
    sessionId: SESSION,
    version: 3,
    roles: ['member', 'admin'],
    now: NOW,
    ...claims,
  });
  return accessToken;
}
