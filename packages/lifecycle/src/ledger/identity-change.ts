import { AtrizError } from '@atriz/database';
import { nameOf, type Target } from '../target.ts';
import { compareOwner, describeOwner, type Identity } from './identity.ts';

/** What `identity set` is asked for; at least one of them. */
export interface IdentityChange {
  readonly environment?: string | undefined;
  readonly protected?: boolean | undefined;
  /** The database becomes this definition's of this family, whatever it was. */
  readonly adopt?: boolean | undefined;
}

/** An identity as it is written; when the ledger was made is not changed. */
export type WrittenIdentity = Omit<Identity, 'since'>;

export interface IdentitySituation {
  /** What the ledger says now; `undefined` without one. */
  readonly current: Identity | undefined;
  /** Whether there are tables, a ledger's own not counted. */
  readonly holdsTables: boolean;
  readonly allowDestructive: string | undefined;
}

const ENVIRONMENT_NAME = /^[a-z][a-z0-9_-]{0,62}$/;

/**
 * Decides what the identity becomes. A database that becomes production's is protected, unless the change says
 * otherwise. What takes a guard away (protection, production, or its owner, from a database that is protected or in
 * production) needs the database's name in `ATRIZ_ALLOW_DESTRUCTIVE`.
 *
 * Throws `ARGUMENT_INVALID`, `IDENTITY_MISMATCH` (another's, or nobody knows whose, and not to be adopted),
 * `DESTRUCTIVE_REFUSED`.
 */
export function planIdentity(target: Target, change: IdentityChange, situation: IdentitySituation): WrittenIdentity {
  refuseNonsense(change);
  const { current, allowDestructive } = situation;
  if (!change.adopt) refuseForeign(target, situation);
  const environment = change.environment ?? current?.environment ?? target.environment;
  const becomesProduction = environment === 'production' && current?.environment !== 'production';
  const planned = {
    family: target.family,
    definition: target.database.name,
    instance: target.instance,
    environment,
    protected: change.protected ?? (becomesProduction || (current?.protected ?? false)),
  };
  const loss = current && describeLoss(current, planned, target);
  if (loss !== undefined && allowDestructive !== nameOf(target)) {
    throw new AtrizError(
      'DESTRUCTIVE_REFUSED',
      `refused to set the identity of "${target.parameters.database}": ${loss}`,
      { hint: `if it must be, name it: ATRIZ_ALLOW_DESTRUCTIVE=${nameOf(target)}` },
    );
  }
  return planned;
}

function refuseNonsense({ environment, protected: isProtected, adopt }: IdentityChange): void {
  if (environment === undefined && isProtected === undefined && !adopt) {
    throw new AtrizError('ARGUMENT_INVALID', 'nothing is said of what to set', {
      hint: 'add --environment NAME, --protected, --no-protected or --adopt',
    });
  }
  if (environment === undefined || ENVIRONMENT_NAME.test(environment)) return;
  throw new AtrizError('ARGUMENT_INVALID', `"${environment}" is not the name of an environment`, {
    hint: 'give one such as development, test, staging or production',
  });
}

function refuseForeign(target: Target, { current, holdsTables }: IdentitySituation): void {
  const name = nameOf(target);
  const hint = `correct the connection (pnpm check:env shows it); or add --adopt, if this database shall be ${name}`;
  const mismatch = current && compareOwner(current, target);
  if (mismatch) throw new AtrizError('IDENTITY_MISMATCH', mismatch.message, { hint });
  if (current || !holdsTables) return;
  const message = `"${target.parameters.database}" holds tables, but no ledger says that it is ${name}`;
  throw new AtrizError('IDENTITY_MISMATCH', message, { hint });
}

function describeLoss(current: Identity, planned: WrittenIdentity, target: Target): string | undefined {
  if (current.protected && !planned.protected) return 'it would be protected no more';
  if (current.environment === 'production' && planned.environment !== 'production') {
    return `it is production's, and would be ${planned.environment}'s`;
  }
  const guarded = current.protected || current.environment === 'production' || target.environment === 'production';
  if (guarded && compareOwner(current, target)) {
    return `it is ${describeOwner(current)}, and would be ${describeOwner(planned)}`;
  }
  return undefined;
}
