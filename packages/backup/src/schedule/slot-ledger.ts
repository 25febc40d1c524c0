import { sqlState } from '@atriz/database';
import { createLateTable } from '@atriz/lifecycle';
import type pg from 'pg';

/** What is done in a slot: a set is made, or one is restored and proven. */
export type SlotKind = 'backup' | 'drill';

/** A moment of the timetable, by the clock of the database server. */
export interface Slot {
  readonly kind: SlotKind;
  readonly slot: Date;
}

/** What became of a slot, as the ledger keeps it. */
export interface SlotRecord extends Slot {
  readonly claimedAt: Date;
  /** The machine and the process. */
  readonly claimedBy: string;
  readonly runId: string;
  /** 1, or 2 for one that was made up after its first run was lost. */
  readonly attempts: number;
  readonly endedAt: Date | null;
  /** Null while it runs; `lost` when the process that ran it ended, or was stopped, before the run did. */
  readonly outcome: 'done' | 'failed' | 'lost' | null;
  readonly setId: string | null;
  readonly error: string | null;
}

export interface SlotOutcome {
  readonly outcome: 'done' | 'failed' | 'lost';
  readonly setId?: string | undefined;
  readonly error?: string | undefined;
}

/** A run that is lost is made up once; when that one is lost too, something is wrong that another will not mend. */
const MAX_ATTEMPTS = 2;

const NOT_THERE = new Set(['42P01', '3F000']);

/** In the shared database, when the first scheduler starts. Takes no lock that an application would meet. */
const CREATE_BACKUP_SLOTS = `
CREATE TABLE IF NOT EXISTS atriz.backup_slots (
  slot timestamptz NOT NULL,
  kind text NOT NULL CONSTRAINT backup_slots_kind CHECK (kind IN ('backup', 'drill')),
  claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  claimed_by text NOT NULL,
  run_id uuid NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  ended_at timestamptz,
  outcome text CONSTRAINT backup_slots_outcome CHECK (outcome IN ('done', 'failed', 'lost')),
  set_id text,
  error text,
  CONSTRAINT backup_slots_pkey PRIMARY KEY (kind, slot),
  CONSTRAINT backup_slots_ended CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
COMMENT ON TABLE atriz.backup_slots IS 'Which moments of the backup schedule were served, by whom, and how it ended. No end: it is under way.';
`;

const RECORD = `kind, slot, claimed_at AS "claimedAt", claimed_by AS "claimedBy", run_id AS "runId", attempts,
       ended_at AS "endedAt", outcome, set_id AS "setId", error`;

/** The key decides who serves a slot. One that was lost may be taken once more. */
const CLAIM = `
INSERT INTO atriz.backup_slots AS known (kind, slot, claimed_by, run_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (kind, slot) DO UPDATE
SET claimed_at = clock_timestamp(), claimed_by = excluded.claimed_by, run_id = excluded.run_id,
  attempts = known.attempts + 1, ended_at = NULL, outcome = NULL, set_id = NULL, error = NULL
WHERE known.outcome = 'lost' AND known.attempts < ${MAX_ATTEMPTS}
RETURNING attempts`;

const END = `
UPDATE atriz.backup_slots SET ended_at = clock_timestamp(), outcome = $4, set_id = $5, error = $6
 WHERE kind = $1 AND slot = $2 AND run_id = $3 AND outcome IS NULL`;

const MARK_LOST = `
UPDATE atriz.backup_slots SET ended_at = clock_timestamp(), outcome = 'lost',
  error = 'its process ended, or lost the database, before the run ended'
 WHERE outcome IS NULL RETURNING ${RECORD}`;

/** Of those that the server's clock has reached: after it was put back there may be others. */
const LAST = `
SELECT slot, outcome = 'lost' AND attempts < ${MAX_ATTEMPTS} AS "canBeMadeUp"
  FROM atriz.backup_slots WHERE kind = $1 AND slot <= clock_timestamp() ORDER BY slot DESC LIMIT 1`;

const READ = `SELECT ${RECORD} FROM atriz.backup_slots ORDER BY slot DESC, kind LIMIT $1`;

export function createSlotTable(client: pg.ClientBase): Promise<void> {
  return createLateTable(client, 'backup_slots', CREATE_BACKUP_SLOTS);
}

/** The clock that every scheduler goes by, whatever its own machine's says. */
export async function readServerTime(client: pg.ClientBase): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return rows[0]!.now;
}

/** A slot that was claimed before. */
export interface LastSlot {
  readonly slot: Date;
  /** Its run was lost, and it was not made up yet. */
  readonly canBeMadeUp: boolean | null;
}

/** The newest slot of that kind that was ever claimed, and that is not in the future. */
export async function readLastSlot(client: pg.ClientBase, kind: SlotKind): Promise<LastSlot | undefined> {
  return (await client.query<LastSlot>(LAST, [kind])).rows[0];
}

/**
 * Takes a slot, for one of all who ask: gives which attempt it is, or undefined when somebody has it or had it. A slot
 * whose run was lost is given once more.
 */
export async function claimSlot(
  client: pg.ClientBase,
  { kind, slot }: Slot,
  { by, runId }: { readonly by: string; readonly runId: string },
): Promise<number | undefined> {
  const { rows } = await client.query<{ attempts: number }>(CLAIM, [kind, slot, by, runId]);
  return rows[0]?.attempts;
}

/** Says how a run ended. Does nothing when the slot was taken from it. */
export async function endSlot(
  client: pg.ClientBase,
  { kind, slot, runId }: Slot & { readonly runId: string },
  { outcome, setId, error }: SlotOutcome,
): Promise<void> {
  await client.query(END, [kind, slot, runId, outcome, setId ?? null, error ?? null]);
}

/** Marks what has no end as lost. Only for who holds the lock under which every run is: then nobody is at them. */
export async function markLostSlots(client: pg.ClientBase): Promise<SlotRecord[]> {
  return (await client.query<SlotRecord>(MARK_LOST)).rows;
}

/** The newest slots, newest first; none where no scheduler ever ran. */
export async function readSlots(client: pg.ClientBase, limit: number): Promise<SlotRecord[]> {
  try {
    return (await client.query<SlotRecord>(READ, [limit])).rows;
  } catch (error) {
    if (NOT_THERE.has(sqlState(error) ?? '')) return [];
    throw error;
  }
}
