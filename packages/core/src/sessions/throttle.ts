import { createHash } from 'node:crypto';
import { AtrizError, withTransaction, type DatabasePool } from '@atriz/database';
import { LIMITS, planCharge, type Counter } from './limits.ts';

type Client = Pick<DatabasePool, 'query'>;

/** What is counted: which limit, and for whom. */
export interface Subject {
  readonly limit: keyof typeof LIMITS;
  readonly of: readonly string[];
}

/** What {@link chargeAttempt} counted, to be given back where the attempt was no failure. */
export type Receipt = readonly ChargedSubject[];

interface ChargedSubject {
  readonly subject: string;
  readonly limit: keyof typeof LIMITS;
  readonly blockedUntil: Date | null;
}

interface CounterRow extends Counter {
  readonly subject: string;
}

/**
 * Counts an attempt for each subject, before it is known whether it fails, in a transaction of its own: of any number
 * at once, over all processes, only the free ones come through. Rejects with `SIGN_IN_THROTTLED` while one of the
 * subjects has to wait; then nothing is counted.
 */
export async function chargeAttempt(pool: DatabasePool, subjects: readonly Subject[], now: Date): Promise<Receipt> {
  const limits = new Map(subjects.map(({ limit, of }) => [keyOf(limit, of), limit]));
  const keys = [...limits.keys()];
  await refuseBlocked(pool, keys, now);
  return withTransaction(pool.pool, async (client) => {
    const { rows } = await client.query<CounterRow>(LOCK_COUNTERS, [keys, now]);
    const charged = rows.map((row) => {
      const limit = limits.get(row.subject)!;
      const charge = planCharge(row, LIMITS[limit], now);
      if (charge.kind === 'refused') throw throttled(charge.waitSeconds);
      return { subject: row.subject, limit, failures: charge.failures, blockedUntil: charge.blockedUntil };
    });
    await client.query(WRITE_COUNTERS, [
      charged.map(({ subject }) => subject),
      charged.map(({ failures }) => failures),
      charged.map(({ blockedUntil }) => blockedUntil),
      now,
    ]);
    return charged;
  });
}

/** Sorted, as all who lock counters have them, so that none waits for another in a circle. */
const LOCK_COUNTERS = `
  INSERT INTO sign_in_attempts (subject, failures, last_failed_at)
  SELECT subject, 0, $2 FROM unnest($1::text[]) AS subject ORDER BY subject
  ON CONFLICT (subject) DO UPDATE SET subject = excluded.subject
  RETURNING
    subject,
    failures::double precision AS failures,
    last_failed_at AS "lastFailedAt",
    blocked_until AS "blockedUntil"`;

const WRITE_COUNTERS = `
  UPDATE sign_in_attempts
  SET failures = charged.failures, blocked_until = charged.blocked_until, last_failed_at = $4
  FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS charged (subject, failures, blocked_until)
  WHERE sign_in_attempts.subject = charged.subject`;

/** What is blocked already is told so without a lock or a write: a flood of attempts costs one reading each. */
async function refuseBlocked(db: Client, keys: readonly string[], now: Date): Promise<void> {
  const { rows } = await db.query<{ until: Date | null }>(
    'SELECT max(blocked_until) AS until FROM sign_in_attempts WHERE subject = ANY ($1) AND blocked_until > $2',
    [keys, now],
  );
  const until = rows[0]?.until;
  if (until) throw throttled(Math.ceil((until.getTime() - now.getTime()) / 1000));
}

/**
 * Takes back what was counted for an attempt that succeeded, or that never came to a decision; `forgive` forgets the
 * earlier failures of the same account at the same address too. To be called before anything else in a transaction is
 * locked but the account.
 */
export async function giveBack(
  client: Client,
  receipt: Receipt,
  { forgive }: { readonly forgive: boolean },
): Promise<void> {
  const keys = receipt.map(({ subject }) => subject);
  await client.query('SELECT FROM sign_in_attempts WHERE subject = ANY ($1) ORDER BY subject FOR UPDATE', [keys]);
  const forgiven = forgive ? receipt.filter(({ limit }) => limit === 'pair') : [];
  if (forgiven.length > 0) {
    await client.query('DELETE FROM sign_in_attempts WHERE subject = ANY ($1)', [
      forgiven.map(({ subject }) => subject),
    ]);
  }
  const returned = receipt.filter((charge) => !forgiven.includes(charge));
  if (returned.length === 0) return;
  await client.query(RETURN_CHARGES, [
    returned.map(({ subject }) => subject),
    returned.map(({ blockedUntil }) => blockedUntil),
  ]);
}

/** A wait that this attempt began ends; one that another began since stays. */
const RETURN_CHARGES = `
  UPDATE sign_in_attempts
  SET failures = greatest(failures - 1, 0),
      blocked_until = nullif(sign_in_attempts.blocked_until, charged.blocked_until)
  FROM unnest($1::text[], $2::timestamptz[]) AS charged (subject, blocked_until)
  WHERE sign_in_attempts.subject = charged.subject`;

/** Hashed: the table says neither who was tried nor from where. */
function keyOf(limit: string, of: readonly string[]): string {
  return `${limit}:${createHash('sha256').update(JSON.stringify(of)).digest('hex')}`;
}

function throttled(waitSeconds: number): AtrizError {
  return new AtrizError('SIGN_IN_THROTTLED', `too many attempts; the next one is let through in ${waitSeconds} s`, {
    hint: 'wait, then try again',
    retryAfterSeconds: waitSeconds,
  });
}
