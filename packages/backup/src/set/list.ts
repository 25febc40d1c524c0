import { AtrizError } from '@atriz/database';
import type { BackupKeys } from '../keys/keys.ts';
import { MANIFEST_FILE, type Manifest } from '../manifest/manifest.ts';
import type { Store, StoreOptions } from '../stores/store.ts';
import { readManifest } from './manifest-file.ts';
import { mapAtOnce } from './at-once.ts';
import { parseSetId, SET_PREFIX } from './name.ts';
import { isProofPath, readProof, type Proof } from './proof-record.ts';

/** A set in one store. */
export interface SetCopy {
  readonly store: Store;
  /** Of all its objects. */
  readonly bytes: number;
  /** False: it has no manifest, so it is unfinished, or was cut off. */
  readonly complete: boolean;
  readonly manifest: Manifest | undefined;
  readonly manifestSha256: string | undefined;
  /** Why a complete one is of no use. */
  readonly problem: AtrizError | undefined;
  /** The genuine ones. */
  readonly proofs: readonly Proof[];
}

/** A set, wherever it lies. */
export interface ListedSet {
  readonly id: string;
  /** When its snapshot was taken; for one without a manifest, when it was begun. */
  readonly takenAt: Date;
  /** Of a copy that is good, if any is. */
  readonly manifest: Manifest | undefined;
  /** What its proofs are about. */
  readonly manifestSha256: string | undefined;
  /** Why no copy of it is of use: of another family, untrusted, of a later version. Undefined where one is good. */
  readonly problem: AtrizError | undefined;
  /** Those whose copy is good; where none is, those that have anything of it. */
  readonly stores: readonly Store[];
  /** Of the largest copy. */
  readonly bytes: number;
  /** Newest first, each once although every store has it. */
  readonly proofs: readonly Proof[];
  /** False: no copy has a manifest. */
  readonly complete: boolean;
  readonly copies: readonly SetCopy[];
}

export interface ListOptions extends StoreOptions {
  /** Told of a store that cannot be listed, which is then left out. Default: the list rejects with its failure. */
  readonly onStoreFailure?: ((store: Store, error: unknown) => void) | undefined;
}

const AT_ONCE = 8;

/**
 * The sets of the stores, newest first; copies in several stores are one set. Every manifest and every proof is read and
 * checked. One that is not genuine is listed with its problem, and a proof that is not is left out: neither fails the list.
 */
export async function listSets(
  stores: readonly Store[],
  keys: Pick<BackupKeys, 'signer'>,
  { onStoreFailure, ...options }: ListOptions = {},
): Promise<readonly ListedSet[]> {
  const copies = new Map<string, SetCopy[]>();
  for (const store of stores) {
    try {
      for (const [id, copy] of await readCopies(store, keys, options))
        copies.set(id, [...(copies.get(id) ?? []), copy]);
    } catch (error) {
      if (onStoreFailure === undefined || options.signal?.aborted) throw error;
      onStoreFailure(store, error);
    }
  }
  const sets = [...copies].map(([id, each]) => merge(id, each));
  return sets.sort((one, other) => other.takenAt.getTime() - one.takenAt.getTime() || (one.id < other.id ? 1 : -1));
}

/** Whether a set was proven by a restore of all of its databases. Pure. */
export function isProven({ manifest, proofs }: Pick<ListedSet, 'manifest' | 'proofs'>): boolean {
  if (manifest === undefined) return false;
  return proofs.some(
    ({ method, databases }) => method === 'restore' && manifest.databases.every(({ name }) => databases.includes(name)),
  );
}

interface Found {
  bytes: number;
  complete: boolean;
  readonly proofs: string[];
}

async function readCopies(
  store: Store,
  { signer }: Pick<BackupKeys, 'signer'>,
  options: StoreOptions,
): Promise<(readonly [string, SetCopy])[]> {
  const found = new Map<string, Found>();
  for await (const { path, bytes } of store.list(SET_PREFIX, options)) {
    const [id = '', ...rest] = path.split('/');
    if (parseSetId(id) === undefined) continue;
    const set = found.get(id) ?? { bytes: 0, complete: false, proofs: [] };
    found.set(id, set);
    set.bytes += bytes;
    if (rest.join('/') === MANIFEST_FILE) set.complete = true;
    if (isProofPath(path)) set.proofs.push(path);
  }
  return mapAtOnce([...found], AT_ONCE, async ([id, { bytes, complete, proofs }]) => {
    const copy: SetCopy = {
      store,
      bytes,
      complete,
      manifest: undefined,
      manifestSha256: undefined,
      problem: undefined,
      proofs: [],
    };
    if (!complete) return [id, copy];
    try {
      const { manifest, sha256: manifestSha256 } = await readManifest(store, id, { signer, ...options });
      const genuine = await readProofs(store, proofs, { signer, set: id, manifestSha256, ...options });
      return [id, { ...copy, manifest, manifestSha256, proofs: genuine }];
    } catch (error) {
      if (!isOfTheSet(error)) throw error;
      return [id, { ...copy, problem: error }];
    }
  });
}

async function readProofs(
  store: Store,
  paths: readonly string[],
  options: Parameters<typeof readProof>[2],
): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  for (const path of paths) {
    try {
      proofs.push(await readProof(store, path, options));
    } catch (error) {
      if (!isOfTheSet(error)) throw error;
    }
  }
  return proofs;
}

/** Whether it is about one object, and not about the store or the run. */
function isOfTheSet(error: unknown): error is AtrizError {
  return (
    error instanceof AtrizError && !['BACKUP_STORE_FAILED', 'INTERRUPTED', 'PERMISSION_DENIED'].includes(error.code)
  );
}

function merge(id: string, copies: readonly SetCopy[]): ListedSet {
  const good = copies.filter(({ manifest }) => manifest !== undefined);
  const first = good[0];
  const proofs = new Map(good.flatMap((copy) => copy.proofs.map((proof) => [JSON.stringify(proof), proof] as const)));
  return {
    id,
    takenAt: first ? new Date(first.manifest!.takenAt) : parseSetId(id)!,
    manifest: first?.manifest,
    manifestSha256: first?.manifestSha256,
    problem: first ? undefined : copies.find(({ problem }) => problem !== undefined)?.problem,
    stores: (first ? good : copies).map(({ store }) => store),
    bytes: Math.max(...copies.map(({ bytes }) => bytes)),
    proofs: [...proofs.values()].sort((one, other) => (one.provenAt < other.provenAt ? 1 : -1)),
    complete: copies.some(({ complete }) => complete),
    copies,
  };
}
