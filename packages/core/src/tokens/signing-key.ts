import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey } from 'jose';

/** The one algorithm of the sign-on: EdDSA over Ed25519. No token chooses another. */
export const ALGORITHM = 'EdDSA';

/** The public half as a JSON Web Key, the way `/.well-known/jwks.json` publishes it. */
export interface PublicKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  /** The 32 bytes of the point, base64url. */
  readonly x: string;
  readonly kid: string;
  readonly alg: typeof ALGORITHM;
  readonly use: 'sig';
}

/** A key pair, and when it does what. Neither printing nor serialising one shows the private half. */
export interface SigningKey {
  /** RFC 7638's thumbprint of the public half: the `kid` of its tokens. */
  readonly id: string;
  readonly createdAt: Date;
  /** It is published before that, so that whoever keeps the public keys for a while has it in time. */
  readonly signsFrom: Date;
  /** Null until another one is to take over. */
  readonly signsUntil: Date | null;
  /** When the last token that it signed has expired; null with `signsUntil`. */
  readonly verifiesUntil: Date | null;
  readonly publicKey: PublicKey;
  readonly verifyingHalf: CryptoKey;
  /** Extractable, for the key file. */
  readonly signingHalf: CryptoKey;
}

export type KeyDates = Pick<SigningKey, 'createdAt' | 'signsFrom' | 'signsUntil' | 'verifiesUntil'>;

/** Makes a key that signs from `signsFrom` on, at once when that is not given. */
export async function generateSigningKey({
  now,
  signsFrom = now,
}: {
  readonly now: Date;
  readonly signsFrom?: Date;
}): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  return signingKeyOf(privateKey, { createdAt: now, signsFrom, signsUntil: null, verifiesUntil: null });
}

/** The key whose private half this is, an Ed25519 key that can be extracted. */
export async function signingKeyOf(signingHalf: CryptoKey, dates: KeyDates): Promise<SigningKey> {
  const { x = '' } = await exportJWK(signingHalf);
  const half = { kty: 'OKP', crv: 'Ed25519', x } as const;
  const id = await calculateJwkThumbprint(half);
  const verifyingHalf = await importPublicHalf(half);
  return {
    id,
    ...dates,
    publicKey: { ...half, kid: id, alg: ALGORITHM, use: 'sig' },
    verifyingHalf,
    signingHalf,
  };
}

export async function importPublicHalf(half: Pick<PublicKey, 'kty' | 'crv' | 'x'>): Promise<CryptoKey> {
  return (await importJWK({ kty: half.kty, crv: half.crv, x: half.x }, ALGORITHM)) as CryptoKey;
}
