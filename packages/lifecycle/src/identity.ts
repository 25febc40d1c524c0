import type { ErrorCode } from '@atriz/database';
import type pg from 'pg';
import type { Context } from './context.ts';
import { holdsTables } from './guard.ts';
import { planIdentity, type IdentityChange, type WrittenIdentity } from './ledger/identity-change.ts';
import { withRun } from './ledger/run.ts';
import { compareIdentity, createLedger, readIdentity, type Identity } from './ledger/identity.ts';
import { withMigrationLock } from './lock.ts';
import { becomeOwner } from './roles/as-owner.ts';
import { withSession } from './session.ts';
import type { Target } from './target.ts';

/** Which database a connection reached, beside the one that it should reach. */
export interface IdentityReport {
  /** `null` for a database that Atriz never wrote to. */
  readonly identity: Identity | null;
  readonly expected: Pick<Identity, 'family' | 'definition' | 'instance' | 'environment'>;
  /** `null` when there is nothing to agree with. */
  readonly agrees: boolean | null;
  readonly problem?: { readonly code: ErrorCode; readonly message: string; readonly hint?: string | undefined };
}

export interface IdentityOutcome {
  readonly before: Identity | null;
  readonly identity: WrittenIdentity;
  readonly changed: boolean;
}

/** Reads a database's identity, and whether the commands that write would work here. Writes nothing. */
export function showIdentity(target: Target, context: Context = {}): Promise<IdentityReport> {
  return withSession(target.parameters, context, async (client) => {
    const identity = await readIdentity(client);
    const expected = {
      family: target.family,
      definition: target.database.name,
      instance: target.instance,
      environment: target.environment,
    };
    if (!identity) return { identity: null, expected, agrees: null };
    const mismatch = compareIdentity(identity, target);
    if (!mismatch) return { identity, expected, agrees: true };
    const { code, message, hint } = mismatch;
    return { identity, expected, agrees: false, problem: { code, message, hint } };
  });
}

/** What {@link setIdentity} would do, and throws what it would throw. Writes nothing. */
export function previewIdentity(
  target: Target,
  change: IdentityChange,
  context: Context = {},
): Promise<IdentityOutcome> {
  return withSession(target.parameters, context, (client) => decide(client, target, change, context));
}

/**
 * Says of a database which one it is: the way to take over a clone, or to protect. Makes the ledger where there is none.
 *
 * Throws what `planIdentity` throws, `LOCK_TIMEOUT`, `POOLER_IN_THE_WAY` and connection errors.
 */
export function setIdentity(target: Target, change: IdentityChange, context: Context = {}): Promise<IdentityOutcome> {
  return withSession(target.parameters, context, async (client) => {
    const glance = await decide(client, target, change, context);
    if (!glance.changed) return glance;
    return withMigrationLock(client, target, context, async () => {
      const outcome = await decide(client, target, change, context);
      const { family, definition, environment, protected: isProtected, instance } = outcome.identity;
      await becomeOwner(client);
      await createLedger(client, target);
      return withRun(client, 'identity set', context, async () => {
        await client.query(
          'UPDATE atriz.identity SET family = $1, definition = $2, environment = $3, protected = $4, instance = $5',
          [family, definition, environment, isProtected, instance],
        );
        return outcome;
      });
    });
  });
}

async function decide(
  client: pg.ClientBase,
  target: Target,
  change: IdentityChange,
  { allowDestructive }: Context,
): Promise<IdentityOutcome> {
  const current = await readIdentity(client);
  const identity = planIdentity(target, change, {
    current,
    holdsTables: current === undefined && (await holdsTables(client)),
    allowDestructive,
  });
  const changed =
    !current || Object.entries(identity).some(([key, value]) => current[key as keyof WrittenIdentity] !== value);
  return { before: current ?? null, identity, changed };
}
