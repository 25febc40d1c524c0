import { formatColumn, type Reference } from '@atriz/database/workspace';
import { refuseDestruction } from '../guard.ts';
import { checkColumns, readColumn } from './column.ts';
import { fixOrphans } from './fix.ts';
import { streamKeys } from './key-stream.ts';
import { formatKey } from './key.ts';
import { createSearch, type Search } from './merge.ts';
import { readSamples, verifyOrphans, type LiveColumn, type OrphanKeys, type OrphanSample } from './orphans.ts';
import { writeCheck } from './record.ts';
import { isChanging } from './rule.ts';
import { openSession, type FamilyAccess } from './session.ts';

/** What a check found out about one reference. */
export interface ReferenceCheck {
  /** How many distinct keys the column holds; nulls are none. */
  readonly keys: number;
  /** How many of them led nowhere. */
  readonly orphanKeys: number;
  /** How many rows held those. */
  readonly orphanRows: number;
  /** A few of those rows. */
  readonly samples: readonly OrphanSample[];
  /** How many rows were deleted or set to null; 0 unless that was asked for and is the reference's rule. */
  readonly fixedRows: number;
  /** How many keys still lead nowhere, and how many rows hold them: all, unless they were mended. */
  readonly leftKeys: number;
  readonly leftRows: number;
}

/** The column that is referred to, and its session, which the sources take in turn. */
export interface TargetColumn extends LiveColumn {
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
}

export interface SourceOptions {
  /** Do to the orphans what the reference's rule says. */
  readonly fix: boolean;
}

/** The side of a reference that refers, while it is checked. */
export interface Source extends AsyncDisposable {
  readonly reference: Reference;
  readonly search: Search;
  /** Writes what was found into the ledger. */
  finish(): Promise<ReferenceCheck>;
}

/** Keys verified, and mended, at once. */
const BATCH_KEYS = 1000;
const MOST_SAMPLES = 5;

/**
 * Opens a reference's own side, and its keys as they are at this moment: what is read later of the other side is not
 * older. Throws `REFERENCE_INVALID`, `DESTRUCTIVE_REFUSED` (to mend in production or a protected database) and what
 * `openSession` throws.
 */
export async function openSource(
  reference: Reference,
  target: TargetColumn,
  access: FamilyAccess,
  { fix }: SourceOptions,
): Promise<Source> {
  await using opened = new AsyncDisposableStack();
  const start = performance.now();
  const {
    onDelete,
    source: { database },
  } = reference;
  const context = access.contextFor?.(database) ?? {};
  const reading = opened.use(await openSession(access, database));
  if (fix && isChanging(onDelete))
    await refuseDestruction(reading.client, reading.target, 'fix references of', context);
  const column = await readColumn(reading.client, reference.source);
  checkColumns(reference, column, target.column);
  // One query, hence one snapshot; the transaction has it taken here and now.
  await reading.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1');
  const asking = opened.use(await openSession(access, database));
  const source: LiveColumn = { client: asking.client, column };
  const name = formatColumn(reference.source);
  context.onProgress?.(`reading the keys of ${name}`);
  const found = { orphanKeys: 0, orphanRows: 0, fixedRows: 0, leftKeys: 0, leftRows: 0 };
  const samples: OrphanSample[] = [];

  const onMissing = async (keys: readonly string[]): Promise<void> => {
    const orphans = await verifyOrphans(keys, source, target);
    if (orphans.size === 0) return;
    found.orphanKeys += orphans.size;
    found.orphanRows += sumRows(orphans);
    samples.push(...(await readSamples([...orphans.keys()], source, MOST_SAMPLES - samples.length)));
    let left = orphans;
    if (fix && isChanging(onDelete)) {
      found.fixedRows += await fixOrphans(onDelete, [...orphans.keys()], source, target);
      context.onProgress?.(`${found.fixedRows} rows of ${name} mended so far`);
      left = await verifyOrphans([...orphans.keys()], source, target);
    }
    found.leftKeys += left.size;
    found.leftRows += sumRows(left);
  };
  const search = createSearch(streamKeys(reading.client, column), {
    limit: BATCH_KEYS,
    onMissing: (missing) => target.inTurn(() => onMissing(missing.map((key) => formatKey(column.kind, key)))),
  });
  const all = opened.move();
  return {
    reference,
    search,
    async finish() {
      await writeCheck(asking.client, {
        reference: name,
        target: formatColumn(reference.target),
        checkedAt: new Date(),
        durationMs: performance.now() - start,
        keys: search.keys,
        orphanKeys: found.leftKeys,
        orphanRows: found.leftRows,
      });
      return { keys: search.keys, ...found, samples };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function sumRows(orphans: OrphanKeys): number {
  return [...orphans.values()].reduce((sum, count) => sum + count, 0);
}
