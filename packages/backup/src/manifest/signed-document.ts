import { createHash } from 'node:crypto';
import { AtrizError } from '@atriz/database';
import { z } from 'zod';
import type { Signature, SignedKind, Signer } from '../keys/signer.ts';
import { toCanonicalJson } from './canonical.ts';

const signatureSchema = z.strictObject({
  method: z.literal('hmac-sha256'),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  source: z.enum(['passphrase', 'identity', 'variable', 'file']),
  value: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A document with its signature, as text and as what a proof names it by. */
export interface SignedDocument {
  readonly text: string;
  /** Of the document's canonical text, without the signature. */
  readonly sha256: string;
}

/** Signs a document: `{ "manifest": …, "signature": … }`, or `{ "proof": …, "signature": … }`. */
export async function signDocument(kind: SignedKind, document: object, signer: Signer): Promise<SignedDocument> {
  const canonical = toCanonicalJson(document);
  const signature = await signer.sign(kind, canonical);
  return { text: `${toCanonicalJson({ [kind]: document, signature })}\n`, sha256: hash(canonical) };
}

export interface OpenSignedOptions {
  readonly signer: Signer;
  /** What the document is called in errors. */
  readonly name: string;
  /** Accept a signature of a key that is not at hand. One that is at hand and does not agree is always refused. */
  readonly acceptUnsigned: boolean;
}

/** A document that was found genuine, of whatever form. */
export interface OpenedDocument {
  readonly document: Readonly<Record<string, unknown>>;
  readonly sha256: string;
}

/**
 * Checks a signed document. Every byte of it counts: one that says the same in another way is refused as well.
 *
 * Throws `BACKUP_CORRUPT` for what is no signed document, `BACKUP_UNTRUSTED` for one that was changed or is signed with a
 * key that nobody here has, `BACKUP_KEY_MISSING` and `BACKUP_KEY_WRONG` where `BACKUP_ENCRYPTION_KEY` is what it lacks.
 */
export function openSignedDocument(kind: SignedKind, bytes: Uint8Array, options: OpenSignedOptions): OpenedDocument {
  const { signer, name, acceptUnsigned } = options;
  const { text, envelope } = readEnvelope(bytes, kind, name);
  const document = envelope[kind] as Record<string, unknown>;
  const canonical = toCanonicalJson(document);
  const verdict = signer.check(kind, canonical, envelope.signature);
  if (verdict === 'forged') throw changed(name);
  if (verdict === 'unknown' && !acceptUnsigned) throw unknownKey(envelope.signature, signer, name);
  if (text !== `${toCanonicalJson(envelope)}\n`) throw changed(name);
  return { document, sha256: hash(canonical) };
}

type Envelope = { readonly signature: Signature } & Partial<Record<SignedKind, unknown>>;

function readEnvelope(
  bytes: Uint8Array,
  kind: SignedKind,
  name: string,
): { readonly text: string; readonly envelope: Envelope } {
  const schema = z.strictObject({ [kind]: z.record(z.string(), z.unknown()), signature: signatureSchema });
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const envelope: unknown = JSON.parse(text);
    schema.parse(envelope); // what it gives back is a copy, which zod may have left something out of
    return { text, envelope: envelope as Envelope };
  } catch (cause) {
    throw new AtrizError('BACKUP_CORRUPT', `${name} is no signed ${kind}`, {
      hint: "use another store's copy, or another set",
      cause,
    });
  }
}

function changed(name: string): AtrizError {
  return new AtrizError('BACKUP_UNTRUSTED', `${name} was changed after it was signed`, {
    hint: 'find out who changed it, and use another set',
  });
}

function unknownKey({ source }: Signature, { sources }: Signer, name: string): AtrizError {
  if (source === 'passphrase' || source === 'identity') {
    const wanted = source === 'passphrase' ? 'a passphrase' : 'an age identity';
    const hint = 'set BACKUP_ENCRYPTION_KEY to the key that the set was made with';
    if (sources.has('passphrase') || sources.has('identity')) {
      return new AtrizError('BACKUP_KEY_WRONG', `${name} was signed with ${wanted}, and not with this one`, { hint });
    }
    return new AtrizError('BACKUP_KEY_MISSING', `${name} was signed with ${wanted}, and none is set`, { hint });
  }
  const key = source === 'variable' ? 'another BACKUP_SIGNING_KEY' : "another workspace's own key";
  return new AtrizError('BACKUP_UNTRUSTED', `${name} was signed with ${key}, so nothing says who made it`, {
    hint:
      source === 'variable'
        ? 'set BACKUP_SIGNING_KEY to the key of then, or add --accept-unsigned if you trust the store'
        : 'put .atriz/backup-signing-key back, or add --accept-unsigned if you trust the store',
  });
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
