import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** What a signing key was made from: whom to ask for it, when a signature's key is not at hand. */
export type SigningKeySource = 'passphrase' | 'identity' | 'variable' | 'file';

/** What is signed: a signature of the one is none of the other. */
export type SignedKind = 'manifest' | 'proof';

export interface Signature {
  readonly method: 'hmac-sha256';
  /** Says which key, and nothing about it. */
  readonly keyId: string;
  readonly source: SigningKeySource;
  /** In hexadecimal digits. */
  readonly value: string;
}

export interface SigningKey {
  readonly source: SigningKeySource;
  readonly keyId: string;
  sign(kind: SignedKind, text: string): string;
}

/** Signs what is said of sets, and knows what was signed here before. */
export interface Signer {
  /** Whose sets they are; those of another family are refused. */
  readonly family: string;
  /** The sources whose keys are at hand. */
  readonly sources: ReadonlySet<SigningKeySource>;
  /** Makes the workspace's own key, where there is no other and it is the first to be signed. */
  sign(kind: SignedKind, text: string): Promise<Signature>;
  /** `unknown`: signed with a key that is not at hand, so that nothing can be said of it. */
  check(kind: SignedKind, text: string, signature: Signature): 'genuine' | 'forged' | 'unknown';
}

const KEY_BYTES = 32;

/** A key for signatures from another secret, of which it says nothing. The secret must be one that nobody can guess. */
export function createSigningKey(
  secret: Uint8Array,
  { source, family }: { readonly source: SigningKeySource; readonly family: string },
): SigningKey {
  const key = Buffer.from(hkdfSync('sha256', secret, Buffer.from(family), 'atriz backup signature', KEY_BYTES));
  const hmac = (text: string): string => createHmac('sha256', key).update(text).digest('hex');
  return { source, keyId: hmac('key id').slice(0, 16), sign: (kind, text) => hmac(`${kind}\n${text}`) };
}

/** The first of the keys signs, or, without any, what `createKey` makes; each of them is known. */
export function createSigner(
  keys: readonly SigningKey[],
  { family, createKey }: { readonly family: string; readonly createKey: () => Promise<SigningKey> },
): Signer {
  const known = [...keys];
  return {
    family,
    sources: new Set(keys.map(({ source }) => source)),
    async sign(kind, text) {
      let key = known[0];
      if (key === undefined) {
        key = await createKey();
        known.push(key);
      }
      return { method: 'hmac-sha256', keyId: key.keyId, source: key.source, value: key.sign(kind, text) };
    },
    check(kind, text, { keyId, value }) {
      const key = known.find((each) => each.keyId === keyId);
      if (key === undefined) return 'unknown';
      const expected = Buffer.from(key.sign(kind, text));
      const given = Buffer.from(value);
      return expected.length === given.length && timingSafeEqual(expected, given) ? 'genuine' : 'forged';
    },
  };
}
