import { hostname } from 'node:os';
import { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import { openKeys } from '../keys/keys.ts';
import { mapAtOnce } from '../set/at-once.ts';
import { readManifest } from '../set/manifest-file.ts';
import { writeProof, type Proof } from '../set/proof-record.ts';
import type { SetReader } from '../set/reader.ts';
import { readBackupSettings, type BackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import type { StoreFailure } from '../stream/tee.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { checkFiles, type Damage } from './check-files.ts';
import { checkRestore, type RestoreCheck } from './check-restore.ts';

export interface VerifyOptions {
  /** Restore it too, and compare. */
  readonly restore: boolean;
  readonly context: Context;
}

/** What a verification found. */
export interface VerifyReport {
  readonly set: string;
  readonly method: Proof['method'];
  readonly files: number;
  /** Of the files as they are stored. */
  readonly bytes: number;
  /** Files that are not what they should be; then nothing was restored. */
  readonly damages: readonly Damage[];
  /** What the restore found; undefined where none was asked for, or files are damaged. */
  readonly restored: RestoreCheck | undefined;
  /** What is wrong, the gravest first; empty for a good set. References that lead nowhere are the last. */
  readonly problems: readonly AtrizError[];
  /** Undefined where the set is not proven. */
  readonly proof: Proof | undefined;
  /** The stores that did not take the proof. */
  readonly proofFailures: readonly StoreFailure[];
  readonly durationMs: number;
}

/**
 * Proves a set: every file is read whole, decrypted and decompressed; with `restore` it is then restored into scratch
 * databases, which are compared with the manifest, row by row as far as a hash goes, and whose references are checked.
 * Nothing of the family is touched. What was proven is written beside the set, signed, in each of its stores.
 *
 * Rows that a reference leads nowhere from (`REFERENCE_ORPHANED`) are a problem of the family, told here; the set that
 * holds them as they were is proven all the same. A set of which the workspace does not declare a database any more is
 * proven for the others only.
 *
 * Throws what keeps it from finding out: `BACKUP_KEY_MISSING`, `BACKUP_KEY_WRONG`, `BACKUP_STORE_FAILED`,
 * `CLIENT_TOOLS_MISSING`, `BACKUP_VERSION`, `RESTORE_NO_ROOM`, `DISK_FULL`, `INTERRUPTED`.
 */
export async function verifySet(
  workspace: BackupWorkspace,
  reader: SetReader,
  { restore, context }: VerifyOptions,
): Promise<VerifyReport> {
  const { manifest, manifestSha256 } = reader;
  const settings = readBackupSettings(workspace);
  const { now = Date.now, signal } = context;
  const start = performance.now();
  const damages = await checkFiles(reader, { context, jobs: settings.jobs });
  const restored =
    restore && damages.length === 0 ? await checkRestore(workspace, reader, { settings, context }) : undefined;
  const problems = [...damages.map(({ error }) => error), ...(restored ? describeProblems(manifest.id, restored) : [])];
  const durationMs = Math.round(performance.now() - start);
  const method = restore ? 'restore' : 'checksums';
  const isProven = problems.every(({ code }) => code === 'REFERENCE_ORPHANED');
  const proof: Proof | undefined = isProven
    ? {
        set: manifest.id,
        manifestSha256,
        method,
        provenAt: new Date(now()).toISOString(),
        durationMs,
        databases: restored?.databases.map(({ name }) => name) ?? [],
        host: hostname(),
      }
    : undefined;
  return {
    set: manifest.id,
    method,
    files: manifest.files.length,
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    damages,
    restored,
    problems,
    proof,
    proofFailures: proof ? await keepProof(workspace, reader, { proof, settings, signal }) : [],
    durationMs,
  };
}

interface KeepProofOptions {
  readonly proof: Proof;
  readonly settings: BackupSettings;
  readonly signal: AbortSignal | undefined;
}

/** Writes it into each store that has this very set. One that takes no proof is told of; the set is no worse for it. */
async function keepProof(
  workspace: BackupWorkspace,
  { manifest, manifestSha256, store }: SetReader,
  { proof, settings, signal }: KeepProofOptions,
): Promise<readonly StoreFailure[]> {
  const { signer } = await openKeys(settings, workspace);
  const others = openStores(settings).filter(({ place }) => place !== store.place);
  const copies = await mapAtOnce(others, others.length, async (other) => {
    const copy = await readManifest(other, manifest.id, { signer, acceptUnsigned: true, signal }).catch(
      () => undefined,
    );
    return copy?.sha256 === manifestSha256 ? other : undefined;
  });
  const stores = [store, ...copies.filter((copy) => copy !== undefined)];
  try {
    return await writeProof(stores, proof, { signer, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    return stores.map((each) => ({ store: each, error }));
  }
}

function describeProblems(set: string, { databases, references }: RestoreCheck): AtrizError[] {
  const different = databases.flatMap(({ name, differences }) =>
    differences.map(
      ({ message }) =>
        new AtrizError('BACKUP_CORRUPT', `${name} as restored from ${set}: ${message}`, {
          hint: 'use another set, and keep this one to find out why',
        }),
    ),
  );
  const orphaned = references
    .filter(({ orphanRows }) => orphanRows > 0)
    .map(
      ({ reference, orphanRows }) =>
        new AtrizError(
          'REFERENCE_ORPHANED',
          `${orphanRows} rows of ${reference} lead nowhere in ${set}, as they did then`,
          {
            hint: 'see whether they do today: atriz references check',
          },
        ),
    );
  return [...different, ...orphaned];
}
