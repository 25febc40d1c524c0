import { AtrizError } from '@atriz/database';
import { exportJWK, importJWK, type CryptoKey } from 'jose';
import { ALGORITHM, signingKeyOf, type KeyDates, type SigningKey } from '../tokens/signing-key.ts';

interface StoredKey {
  readonly id: string;
  readonly createdAt: string;
  readonly signsFrom: string;
  readonly signsUntil: string | null;
  readonly verifiesUntil: string | null;
  readonly privateKey: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string; readonly d: string };
}

/** A key file's text: the private keys are in it. */
export async function formatKeys(keys: readonly SigningKey[]): Promise<string> {
  return `${JSON.stringify({ keys: await Promise.all(keys.map(toStored)) }, null, 2)}\n`;
}

/** Reads a key file's text. Rejects with `KEYS_INVALID`, which says where the fault is and shows nothing of the text. */
export async function parseKeys(text: string, path: string): Promise<SigningKey[]> {
  const stored = readStored(text);
  if (stored === undefined) throw invalid(path, 'it is no JSON document with a list "keys"');
  const keys = await Promise.all(
    stored.map((each, index) =>
      fromStored(each as StoredKey).catch(() => {
        throw invalid(path, `keys[${index}] is no Ed25519 key with its id and dates`);
      }),
    ),
  );
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw invalid(path, 'it has a key twice');
  return keys;
}

async function toStored({ id, createdAt, signsFrom, signsUntil, verifiesUntil, ...key }: SigningKey): Promise<object> {
  const { x, d } = await exportJWK(key.signingHalf);
  return { id, createdAt, signsFrom, signsUntil, verifiesUntil, privateKey: { kty: 'OKP', crv: 'Ed25519', x, d } };
}

function readStored(text: string): readonly unknown[] | undefined {
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown };
    return Array.isArray(keys) ? keys : undefined;
  } catch {
    return undefined;
  }
}

async function fromStored(stored: StoredKey): Promise<SigningKey> {
  const { x, d } = stored.privateKey;
  const half = await importJWK({ kty: 'OKP', crv: 'Ed25519', x, d }, ALGORITHM, { extractable: true });
  const key = await signingKeyOf(half as CryptoKey, datesOf(stored));
  if (key.id !== stored.id) throw new TypeError('the id is that of another key');
  return key;
}

function datesOf({ createdAt, signsFrom, signsUntil, verifiesUntil }: StoredKey): KeyDates {
  return {
    createdAt: toDate(createdAt),
    signsFrom: toDate(signsFrom),
    signsUntil: signsUntil === null ? null : toDate(signsUntil),
    verifiesUntil: verifiesUntil === null ? null : toDate(verifiesUntil),
  };
}

function toDate(text: string): Date {
  const date = new Date(text);
  if (typeof text !== 'string' || Number.isNaN(date.getTime())) throw new TypeError('no date');
  return date;
}

function invalid(path: string, fault: string): AtrizError {
  return new AtrizError('KEYS_INVALID', `${path} holds no signing keys: ${fault}`, {
    hint: 'restore the file, or make new keys, which ends every access token: remove it, then pnpm auth:keys create',
  });
}
