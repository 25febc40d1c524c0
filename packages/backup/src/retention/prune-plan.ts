import type { BackupKeys } from '../keys/keys.ts';
import { isProven, listSets, type SetCopy } from '../set/list.ts';
import { parseSetId, SET_PREFIX } from '../set/name.ts';
import type { Store, StoreOptions } from '../stores/store.ts';
import { planRetention, type RetentionRules, type RetentionSet } from './plan.ts';
import { isUntiedMark } from './untie.ts';

/** What is to go from one store. */
export interface StorePrunePlan {
  readonly store: Store;
  /** Newest first, with each reason that keeps it. */
  readonly keep: readonly { readonly id: string; readonly because: readonly string[] }[];
  /** Oldest first. */
  readonly remove: readonly PrunedSet[];
}

export interface PrunedSet {
  readonly id: string;
  readonly bytes: number;
  /** Without a manifest: it was cut off, or a removal was. */
  readonly unfinished: boolean;
}

export interface PlanPruneOptions extends StoreOptions {
  readonly rules: RetentionRules;
  readonly now: Date;
  /** Sets that are tied to a migration and may go as any other. */
  readonly untied?: readonly string[] | undefined;
}

/**
 * Reads one store and decides what goes from it. Each store is decided on for itself: the newest set and the newest
 * proven one that stay are of those that are there, so that a store which missed the last sets keeps what it has.
 *
 * A set that cannot be judged, such as one of another family, of a later version, or signed with a key that is not at
 * hand, stays. Throws `BACKUP_STORE_FAILED`.
 */
export async function planPrune(
  store: Store,
  keys: Pick<BackupKeys, 'signer'>,
  { rules, now, untied = [], ...options }: PlanPruneOptions,
): Promise<StorePrunePlan> {
  const traces = await readTraces(store, options);
  const copies = new Map((await listSets([store], keys, options)).map(({ id, copies: [copy] }) => [id, copy!]));
  const judged: RetentionSet[] = [];
  const strange: { id: string; because: string[] }[] = [];
  for (const [id, copy] of copies) {
    const trace = traces.get(id);
    if (copy.complete && copy.manifest === undefined) strange.push({ id, because: [copy.problem!.code] });
    else
      judged.push(
        judge(id, copy, { writtenAt: trace?.writtenAt ?? now, untied: untied.includes(id) || trace?.untied }),
      );
  }
  const { keep, remove } = planRetention(judged, rules, now);
  return {
    store,
    keep: [...keep, ...strange],
    remove: remove.map((id) => ({ id, bytes: copies.get(id)!.bytes, unfinished: !copies.get(id)!.complete })),
  };
}

function judge(
  id: string,
  copy: SetCopy,
  { writtenAt, untied = false }: { readonly writtenAt: Date; readonly untied?: boolean | undefined },
): RetentionSet {
  const { complete, manifest } = copy;
  return {
    id,
    complete,
    takenAt: manifest === undefined ? writtenAt : new Date(manifest.takenAt),
    proven: isProven(copy),
    tied: manifest?.purpose === 'migration' && !untied,
  };
}

interface Trace {
  /** When something of it was written last. */
  readonly writtenAt: Date;
  readonly untied: boolean;
}

async function readTraces(store: Store, options: StoreOptions): Promise<ReadonlyMap<string, Trace>> {
  const traces = new Map<string, Trace>();
  for await (const { path, modifiedAt } of store.list(SET_PREFIX, options)) {
    const id = path.slice(0, Math.max(0, path.indexOf('/')));
    const begun = parseSetId(id);
    if (begun === undefined) continue;
    const { writtenAt, untied } = traces.get(id) ?? { writtenAt: begun, untied: false };
    traces.set(id, {
      writtenAt: modifiedAt > writtenAt ? modifiedAt : writtenAt,
      untied: untied || isUntiedMark(path),
    });
  }
  return traces;
}
