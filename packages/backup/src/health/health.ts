import type { AtrizError } from '@atriz/database';
import type { Context } from '@atriz/lifecycle';
import { openKeys } from '../keys/keys.ts';
import { readArchiveStatus, type ArchiveStatus } from '../pgbackrest/archive-status.ts';
import { readScheduleStatus, type ScheduleStatus } from '../schedule/schedule-status.ts';
import { listSets, type ListedSet } from '../set/list.ts';
import { readBackupSettings } from '../settings/settings.ts';
import { openStores } from '../stores/open.ts';
import type { Store } from '../stores/store.ts';
import type { BackupWorkspace } from '../workspace.ts';
import { findConcerns, type Concern } from './concerns.ts';
import { readTrend, type SizeTrend } from './trend.ts';

/** What there is of one database. */
export interface DatabaseHealth {
  readonly name: string;
  /** The newest set that it is in. */
  readonly set: { readonly id: string; readonly takenAt: Date; readonly ageMs: number } | null;
  /** The newest set that was restored and compared, with how long that took. */
  readonly proven: {
    readonly id: string;
    readonly takenAt: Date;
    readonly provenAt: Date;
    readonly durationMs: number;
  } | null;
}

/** What there is in one store. */
export interface StoreHealth {
  readonly name: Store['name'];
  readonly place: string;
  readonly reachable: boolean;
  readonly sets: number;
  /** Folders without a manifest: sets under way, or cut off. */
  readonly unfinished: number;
  readonly bytes: number;
  /** Whether the newest set of all stores is in this one. */
  readonly hasNewest: boolean;
  readonly error: AtrizError | null;
}

export interface BackupHealth {
  readonly checkedAt: Date;
  /** In the family's order. */
  readonly databases: readonly DatabaseHealth[];
  readonly stores: readonly StoreHealth[];
  /** Null with fewer than three sets to compare the newest with. */
  readonly trend: SizeTrend | null;
  /** Null without a schedule, or where its database cannot be asked. */
  readonly schedule: ScheduleStatus | null;
  /** How far pgBackRest's archive of the log is behind; null where it is not configured, or cannot be asked. */
  readonly archive: ArchiveStatus | null;
  /** Sets that are kept since a migration is undone with them. */
  readonly tied: readonly string[];
  /** What is wrong, and what is worth knowing; the gravest first. */
  readonly concerns: readonly Concern[];
  /** `ok`: no concern is a problem. `unreachable`: no store can be. */
  readonly state: 'ok' | 'problem' | 'unreachable';
}

/**
 * Reads how backups are: from the stores, and from the ledger of the schedule where there is one. Writes nothing, restores
 * nothing, and reads no more of a set than its manifest and proofs.
 *
 * A store or a database that cannot be reached is a concern of the report, not an error. Throws what the settings and the
 * keys throw: `SETTING_INVALID`, `BACKUP_NOT_CONFIGURED`, `BACKUP_KEY_MISSING`, `BACKUP_UNTRUSTED`.
 */
export async function readBackupHealth(
  workspace: BackupWorkspace,
  { signal, now = Date.now }: Pick<Context, 'signal' | 'now'> = {},
): Promise<BackupHealth> {
  const settings = readBackupSettings(workspace);
  const stores = openStores(settings);
  const keys = await openKeys(settings, workspace);
  const failures = new Map<Store, AtrizError>();
  const onStoreFailure = (store: Store, error: unknown): void => void failures.set(store, error as AtrizError);
  const sets = await listSets(stores, keys, { signal, onStoreFailure });
  const good = sets.filter(({ manifest }) => manifest !== undefined);
  const [schedule, archive] = await Promise.allSettled([
    settings.schedule && readScheduleStatus(workspace),
    readArchiveStatus(workspace),
  ]);
  signal?.throwIfAborted();
  const facts = {
    checkedAt: new Date(now()),
    databases: workspace.family.databases.map(({ name }) => describeDatabase(name, good, now())),
    stores: stores.map((store) => describeStore(store, { sets, newest: good[0], error: failures.get(store) })),
    trend: readTrend(good.map(({ manifest }) => manifest!)) ?? null,
    schedule: valueOf(schedule),
    archive: valueOf(archive),
    tied: good.filter(({ manifest }) => manifest!.purpose === 'migration').map(({ id }) => id),
  };
  const concerns = findConcerns(facts, {
    sets,
    limits: settings.limits,
    scheduleFailure: failureOf(schedule),
    archiveFailure: failureOf(archive),
  });
  const hasStore = facts.stores.some(({ reachable }) => reachable);
  const isProblem = concerns.some(({ level }) => level === 'problem');
  return { ...facts, concerns, state: hasStore ? (isProblem ? 'problem' : 'ok') : 'unreachable' };
}

function valueOf<Value>(settled: PromiseSettledResult<Value | undefined>): Value | null {
  return settled.status === 'fulfilled' ? (settled.value ?? null) : null;
}

function failureOf(settled: PromiseSettledResult<unknown>): unknown {
  return settled.status === 'rejected' ? settled.reason : undefined;
}

function describeDatabase(name: string, good: readonly ListedSet[], now: number): DatabaseHealth {
  const having = good.filter(({ manifest }) => manifest!.databases.some((each) => each.name === name));
  const [newest] = having;
  const [proven] = having.flatMap(({ id, takenAt, proofs }) => {
    const proof = proofs.find(({ method, databases }) => method === 'restore' && databases.includes(name));
    return proof ? [{ id, takenAt, provenAt: new Date(proof.provenAt), durationMs: proof.durationMs }] : [];
  });
  const set = newest ? { id: newest.id, takenAt: newest.takenAt, ageMs: now - newest.takenAt.getTime() } : null;
  return { name, set, proven: proven ?? null };
}

function describeStore(
  store: Store,
  {
    sets,
    newest,
    error = null,
  }: {
    readonly sets: readonly ListedSet[];
    readonly newest: ListedSet | undefined;
    readonly error: AtrizError | null | undefined;
  },
): StoreHealth {
  const copies = sets.flatMap((set) => set.copies.filter((copy) => copy.store === store));
  const complete = copies.filter((copy) => copy.complete);
  return {
    name: store.name,
    place: store.place,
    reachable: error === null,
    sets: complete.length,
    unfinished: copies.length - complete.length,
    bytes: copies.reduce((sum, { bytes }) => sum + bytes, 0),
    hasNewest: newest?.stores.includes(store) ?? false,
    error,
  };
}
