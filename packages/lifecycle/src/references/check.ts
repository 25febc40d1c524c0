import { AtrizError } from '@atriz/database';
import { formatColumn, type Reference } from '@atriz/database/workspace';
import { readColumn } from './column.ts';
import { streamKeys } from './key-stream.ts';
import { openSession, type FamilyAccess } from './session.ts';
import { openSource, type ReferenceCheck, type Source, type TargetColumn } from './source.ts';

export interface CheckOptions {
  /** Do to the rows that lead nowhere what their reference's rule says. Default false: nothing but the ledger changes. */
  readonly fix?: boolean;
  /** Told of each reference as it ends. */
  readonly onOutcome?: ((outcome: ReferenceOutcome) => void) | undefined;
}

/** What became of one reference in a check. */
export type ReferenceOutcome = { readonly reference: Reference; readonly durationMs: number } & (
  | { readonly status: 'done'; readonly result: ReferenceCheck }
  | { readonly status: 'failed'; readonly error: unknown }
);

/** References to one column that are checked in one pass; each takes two connections to its own database. */
const MOST_AT_ONCE = 8;

/**
 * Looks for rows whose key leads nowhere, in every reference given. Streams sorted keys from both sides and merges
 * them, those of up to eight references to one column in one pass over it: memory stays flat, however many there are.
 *
 * The side that refers is read as it was at one moment, and the other not before that moment; what then seems to lead
 * nowhere is asked for again on both sides. So rows that come and go meanwhile are never taken for orphans, as long as
 * they are made after, and deleted before, what they refer to.
 *
 * With `fix`, rows are deleted or set to null in batches, each in a transaction of its own (see `fixOrphans`); what it
 * did is in the outcome. Never rejects for one reference's sake: one outcome each, in their order.
 */
export async function checkReferences(
  references: readonly Reference[],
  access: FamilyAccess,
  { fix = false, onOutcome }: CheckOptions = {},
): Promise<ReferenceOutcome[]> {
  const outcomes = new Map<Reference, ReferenceOutcome>();
  for (const group of groupByTarget(references)) {
    const start = performance.now();
    await checkGroup(group, access, {
      fix,
      tell: (reference, ending) => {
        if (outcomes.has(reference)) return;
        const outcome = { reference, durationMs: performance.now() - start, ...ending };
        outcomes.set(reference, outcome);
        onOutcome?.(outcome);
      },
    });
  }
  return references.map((reference) => outcomes.get(reference)!);
}

function groupByTarget(references: readonly Reference[]): Reference[][] {
  const groups = Map.groupBy(references, ({ target }) => formatColumn(target));
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / MOST_AT_ONCE) }, (_, index) =>
      group.slice(index * MOST_AT_ONCE, (index + 1) * MOST_AT_ONCE),
    ),
  );
}

interface GroupOptions {
  readonly fix: boolean;
  /** Keeps the first ending of a reference. */
  readonly tell: (reference: Reference, ending: Ending) => void;
}

type Ending =
  | { readonly status: 'done'; readonly result: ReferenceCheck }
  | { readonly status: 'failed'; readonly error: unknown };

/** References to one column, in one pass over it. */
async function checkGroup(
  references: readonly Reference[],
  access: FamilyAccess,
  { fix, tell }: GroupOptions,
): Promise<void> {
  const { database } = references[0]!.target;
  const fail = (reference: Reference, error: unknown): void => {
    const isInterrupted = access.contextFor?.(reference.source.database).signal?.aborted === true;
    tell(reference, { status: 'failed', error: isInterrupted ? interrupted(error) : error });
  };
  try {
    await using opened = new AsyncDisposableStack();
    const { client } = opened.use(await openSession(access, database));
    const column = await readColumn(client, references[0]!.target);
    const inTurn = createQueue();
    const sources = new Set<Source>();
    const attempt = async (source: Source, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        sources.delete(source);
        fail(source.reference, error);
      }
    };
    for (const reference of references) {
      try {
        const source = await openSource(reference, { client, column, inTurn }, access, { fix });
        sources.add(opened.use(source));
      } catch (error) {
        fail(reference, error);
      }
    }
    await using reading = await openSession(access, database);
    await passOver(sources, streamKeys(reading.client, column), attempt);
    for (const source of sources) {
      await attempt(source, async () => {
        tell(source.reference, { status: 'done', result: await source.finish() });
      });
    }
  } catch (error) {
    for (const reference of references) fail(reference, error);
  }
}

/** Each batch of the target meets every source; the sources read on at the same time. */
async function passOver(
  sources: ReadonlySet<Source>,
  batches: ReturnType<typeof streamKeys>,
  attempt: (source: Source, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  for await (const batch of batches) {
    if (sources.size === 0) return;
    await Promise.all([...sources].map((source) => attempt(source, () => source.search.pass(batch))));
  }
  await Promise.all([...sources].map((source) => attempt(source, () => source.search.finish())));
}

/** Runs works one after the other: those of several sources share the target's session, and its transaction. */
function createQueue(): TargetColumn['inTurn'] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const run = last.then(work, work);
    last = run.catch(() => undefined);
    return run;
  };
}

function interrupted(cause: unknown): AtrizError {
  return new AtrizError('INTERRUPTED', 'interrupted; batches that were mended before it stay so', {
    hint: 'run the command again to go on',
    cause,
  });
}
