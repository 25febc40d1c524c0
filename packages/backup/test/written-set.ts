import { Readable } from 'node:stream';
import type { BackupKeys } from '../src/keys/keys.ts';
import { createSigner, createSigningKey } from '../src/keys/signer.ts';
import type { Manifest } from '../src/manifest/manifest.ts';
import { writeManifest } from '../src/set/manifest-file.ts';
import { createSetId } from '../src/set/name.ts';
import { writeProof } from '../src/set/proof-record.ts';
import type { Store } from '../src/stores/store.ts';

const createKey = () => Promise.reject(new Error('there is a key'));

/** The family of the sets that {@link writeSet} writes without being told another. */
export const FAMILY = 'orchard';

/** Keys that know what was signed with the same secret, for a family. */
export function testKeys(family = FAMILY, secret = 'a secret of this test'): BackupKeys {
  const key = createSigningKey(Buffer.from(secret), { source: 'variable', family });
  return { key: undefined, signer: createSigner([key], { family, createKey }) };
}

export interface WriteSetOptions {
  readonly keys?: BackupKeys | undefined;
  /** What the manifest says beside what every one must. */
  readonly manifest?: Partial<Manifest> | undefined;
  /** Whether it has a proof by a restore. */
  readonly proven?: boolean | undefined;
  /** Leave the manifest out. */
  readonly unfinished?: boolean | undefined;
}

/** Writes a set as `createSet` leaves it, but for what it holds: two small files. Gives its id. */
export async function writeSet(
  stores: readonly Store[],
  takenAt: string,
  options: WriteSetOptions = {},
): Promise<string> {
  const { keys = testKeys(), proven = false, unfinished = false } = options;
  const id = createSetId(new Date(takenAt));
  for (const store of stores) {
    for (const path of ['people/schema.dump', 'people/data.dump']) {
      await store.write(`${id}/${path}`, Readable.from([Buffer.from('rows')]));
    }
  }
  if (unfinished) return id;
  const { sha256 } = await writeManifest(stores, manifestOf(id, takenAt, keys.signer.family, options.manifest), keys);
  if (!proven) return id;
  await writeProof(
    stores,
    {
      set: id,
      manifestSha256: sha256,
      method: 'restore',
      provenAt: new Date(takenAt).toISOString(),
      durationMs: 1234,
      databases: options.manifest?.databases?.map(({ name }) => name) ?? [],
      host: 'test',
    },
    keys,
  );
  return id;
}

function manifestOf(id: string, takenAt: string, family: string, rest: Partial<Manifest> = {}): Manifest {
  const moment = new Date(takenAt).toISOString();
  return {
    format: 1,
    id,
    family,
    environment: 'development',
    takenAt: moment,
    finishedAt: moment,
    atrizVersion: '0.1.0',
    commit: null,
    engine: 'logical',
    purpose: 'manual',
    runId: '00000000-0000-4000-8000-000000000000',
    consistency: 'snapshot',
    compression: 'none',
    encryption: null,
    servers: [],
    databases: [],
    files: [],
    ...rest,
  };
}
