import { randomBytes } from 'node:crypto';
import { AtrizError } from '@atriz/database';
import { z } from 'zod';
import type { BackupKeys } from '../keys/keys.ts';
import { PROOF_FOLDER } from '../manifest/manifest.ts';
import { openSignedDocument, signDocument } from '../manifest/signed-document.ts';
import type { Store, StoreOptions } from '../stores/store.ts';
import type { StoreFailure } from '../stream/tee.ts';
import { readObject } from './read-object.ts';
import { writeToEach } from './write-object.ts';

const MAX_PROOF_BYTES = 1024 * 1024;

const proofSchema = z.strictObject({
  set: z.string(),
  /** Which manifest it was: a proof counts for no other. */
  manifestSha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** `checksums`: every file was read, decrypted and found whole. `restore`: it was also restored and compared. */
  method: z.enum(['checksums', 'restore']),
  provenAt: z.iso.datetime({ offset: false }),
  durationMs: z.number().min(0),
  /** The databases that were restored and compared, by their definitions' names. */
  databases: z.array(z.string()),
  /** The machine on which it was done. */
  host: z.string(),
});

/** A record that a set was verified. Its times are in ISO format, UTC. */
export type Proof = z.infer<typeof proofSchema>;

/**
 * Adds a proof to a set, in each store: a signed file of its own in the set's folder, so that nothing that exists is
 * changed. Rejects with the first store's failure when all of them failed.
 */
export async function writeProof(
  stores: readonly Store[],
  proof: Proof,
  { signer, signal }: Pick<BackupKeys, 'signer'> & StoreOptions,
): Promise<readonly StoreFailure[]> {
  const { text } = await signDocument('proof', proofSchema.parse(proof), signer);
  const time = proof.provenAt.replace(/\.\d+Z$/, 'Z').replaceAll(/[-:]/g, '');
  const path = `${proof.set}/${PROOF_FOLDER}/${time}-${proof.method}-${randomBytes(4).toString('hex')}.json`;
  return writeToEach(stores, path, { content: Buffer.from(text), signal });
}

/** Whether an object of a set is a proof's file. Pure. */
export function isProofPath(path: string): boolean {
  return /^[^/]+\/proofs\/[^/]+\.json$/.test(path);
}

/**
 * Reads a proof and finds it genuine. Throws what `openSignedDocument` does, and `BACKUP_UNTRUSTED` for one that is of
 * another set, or of another manifest than the set has now.
 */
export async function readProof(
  store: Store,
  path: string,
  {
    signer,
    set,
    manifestSha256,
    signal,
  }: Pick<BackupKeys, 'signer'> & Pick<Proof, 'set' | 'manifestSha256'> & StoreOptions,
): Promise<Proof> {
  const name = `${path} in ${store.place}`;
  const content = await readObject(store, path, { maxBytes: MAX_PROOF_BYTES, signal });
  const { document } = openSignedDocument('proof', content, { signer, name, acceptUnsigned: false });
  const { data: proof, error } = proofSchema.safeParse(document);
  if (proof === undefined) throw new AtrizError('BACKUP_CORRUPT', `${name} makes no sense: ${z.prettifyError(error)}`);
  if (proof.set === set && proof.manifestSha256 === manifestSha256) return proof;
  throw new AtrizError('BACKUP_UNTRUSTED', `${name} is a proof of ${proof.set}, not of the set that it lies in`, {
    hint: 'remove it',
  });
}
