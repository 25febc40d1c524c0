import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import { AtrizError } from '@atriz/database';
import type { Target } from '@atriz/lifecycle';
import { pause, withLeadership, type Leadership } from './leader.ts';
import { isPassing } from './passing.ts';
import {
  claimSlot,
  endSlot,
  markLostSlots,
  readLastSlot,
  readServerTime,
  type Slot,
  type SlotKind,
  type SlotOutcome,
  type SlotRecord,
} from './slot-ledger.ts';
import type { Timetable } from './timetable.ts';

const POLL_MS = 5000;
const LAST_RETRY_MS = 60_000;
/** A set comes before the drill that restores it. */
const KINDS: readonly SlotKind[] = ['backup', 'drill'];

/** What a scheduler tells while it works. */
export type SchedulerEvent =
  | { readonly kind: 'waiting' } // another scheduler is the leader
  | { readonly kind: 'leading' }
  | { readonly kind: 'lost'; readonly slot: SlotRecord } // a run of a scheduler that is no more
  | { readonly kind: 'began'; readonly slot: Slot; readonly attempt: number; readonly runId: string }
  | { readonly kind: 'ended'; readonly slot: Slot; readonly runId: string; readonly result: SlotOutcome }
  | { readonly kind: 'disconnected'; readonly error: unknown; readonly retryMs: number };

export interface SlotRun extends Slot {
  readonly runId: string;
  /** Aborts when the scheduler is stopped, and when it is the leader no more: the run must end then. */
  readonly signal: AbortSignal;
}

export interface SchedulerOptions {
  readonly timetables: Readonly<Partial<Record<SlotKind, Timetable>>>;
  /** Serves a slot, and says which set it was about. */
  readonly run: (run: SlotRun) => Promise<{ readonly setId?: string | undefined }>;
  readonly onEvent?: ((event: SchedulerEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Serve what is due and end; where another scheduler is the leader, that one does it. Default false. */
  readonly once?: boolean | undefined;
  /** Default 5,000 ms. */
  readonly pollMs?: number | undefined;
  /** How long an answer of the server may take before its session counts as lost. Default 10,000 ms. */
  readonly patienceMs?: number | undefined;
}

/**
 * Serves the slots of the timetables, each once however many schedulers there are, until the signal aborts.
 *
 * Slots are moments by the clock of the database server. When it starts, and after a time in which no scheduler ran, the
 * newest slot that was missed is served, and no older one; so is a slot whose run was lost, once. A run that fails is
 * over. A lost connection ends the run, since another scheduler may be the leader then, and is tried again.
 *
 * `open` is called for each connection to the shared database. Rejects with what a connection tried again cannot mend,
 * such as `NOT_MIGRATED`, `IDENTITY_MISMATCH`, `AUTHENTICATION_FAILED`; with `once`, with any failure.
 */
export async function runScheduler(open: () => Promise<Target>, options: SchedulerOptions): Promise<SlotOutcome[]> {
  const { signal, once = false, pollMs, patienceMs, onEvent } = options;
  const outcomes: SlotOutcome[] = [];
  const isStopped = (): boolean => signal?.aborted ?? false;
  let wasThere = false;
  let retryMs = POLL_MS;
  while (!isStopped()) {
    try {
      await withLeadership(
        await open(),
        { signal, once, pollMs, patienceMs, onFollow: () => onEvent?.({ kind: 'waiting' }) },
        async (leadership) => {
          wasThere = true;
          retryMs = POLL_MS;
          onEvent?.({ kind: 'leading' });
          for (const slot of await markLostSlots(leadership.client)) onEvent?.({ kind: 'lost', slot });
          await lead(leadership, options, outcomes);
        },
      );
      if (once) break;
    } catch (error) {
      if (isStopped()) break;
      if (once || !isPassing(error, { wasThere })) throw error;
      onEvent?.({ kind: 'disconnected', error, retryMs });
      await pause(Math.min(retryMs, pollMs ?? retryMs), signal);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }
  return outcomes;
}

/** The newest slot that is due and that nobody served, if there is one. */
async function findDueSlot(
  { client }: Pick<Leadership, 'client'>,
  kind: SlotKind,
  timetable: Timetable,
): Promise<Slot | undefined> {
  const due = timetable.newest(await readServerTime(client));
  const last = await readLastSlot(client, kind);
  if (due === undefined) return undefined;
  if (last === undefined || due.getTime() > last.slot.getTime()) return { kind, slot: due };
  // An older one was passed over, or belongs to a timetable that is no more.
  return last.canBeMadeUp && due.getTime() === last.slot.getTime() ? { kind, slot: due } : undefined;
}

async function lead(leadership: Leadership, options: SchedulerOptions, outcomes: SlotOutcome[]): Promise<void> {
  const { timetables, signal, once = false, pollMs = POLL_MS } = options;
  const isStopped = (): boolean => signal?.aborted ?? false;
  while (!isStopped()) {
    for (const kind of KINDS) {
      const timetable = timetables[kind];
      const slot = timetable && (await findDueSlot(leadership, kind, timetable));
      const outcome = slot && (await serve(leadership, slot, options));
      if (outcome) outcomes.push(outcome);
      if (isStopped()) return;
    }
    if (once) return;
    const now = await readServerTime(leadership.client);
    const waits = KINDS.map((kind) => timetables[kind]?.next(now)?.getTime() ?? Infinity).map(
      (at) => at - now.getTime(),
    );
    await pause(Math.min(pollMs, ...waits), signal && AbortSignal.any([signal, leadership.lost]));
  }
}

async function serve(
  { client, lost }: Leadership,
  slot: Slot,
  { run, signal, onEvent }: SchedulerOptions,
): Promise<SlotOutcome | undefined> {
  const runId = randomUUID();
  const attempt = await claimSlot(client, slot, { by: `${hostname()}:${pid}`, runId });
  if (attempt === undefined) return undefined;
  onEvent?.({ kind: 'began', slot, attempt, runId });
  const ends = AbortSignal.any([lost, ...(signal ? [signal] : [])]);
  const result = await run({ ...slot, runId, signal: ends }).then(
    ({ setId }): SlotOutcome => ({ outcome: 'done', setId }),
    (error: unknown): SlotOutcome => describeFailure(error, signal),
  );
  lost.throwIfAborted(); // who is the leader now has marked it as lost
  await endSlot(client, { ...slot, runId }, result);
  onEvent?.({ kind: 'ended', slot, runId, result });
  return result;
}

/** A run that was stopped with its scheduler is as good as lost: the next scheduler makes it up. */
function describeFailure(error: unknown, signal: AbortSignal | undefined): SlotOutcome {
  if (signal?.aborted) return { outcome: 'lost', error: 'the scheduler was stopped' };
  const message = error instanceof Error ? error.message : String(error);
  return { outcome: 'failed', error: error instanceof AtrizError ? `${error.code} ${message}` : message };
}
