import { AtrizError } from '@atriz/database';
import { parseColumn, resolveReferences, type ConnectionParameters } from '@atriz/database/workspace';
import { compareIdentity, readIdentity, withSession, type Context, type Target } from '@atriz/lifecycle';
import { checkReferences } from '@atriz/lifecycle/references';

/** A database of the family on a server that was recovered. */
export interface FoundDatabase {
  readonly name: string;
  /** `missing`: it was not made yet at that time. `not migrated`: it has no ledger. */
  readonly state: 'there' | 'missing' | 'not migrated';
}

/** What the family is like on a server that was recovered. */
export interface FamilyCheck {
  readonly databases: readonly FoundDatabase[];
  /** How many references were followed, between databases that are there. */
  readonly references: number;
  /** How many rows lead nowhere. */
  readonly orphanRows: number;
}

/**
 * Looks whether the databases on a recovered server are the family's, and follows the references between them. What the
 * check found is also in their ledgers, as after any other. Throws `IDENTITY_MISMATCH` for a database of somebody else,
 * and what a reference's check threw.
 */
export async function checkFamily(
  targets: readonly Target[],
  server: ConnectionParameters,
  context: Context,
): Promise<FamilyCheck> {
  const recovered = new Map(
    targets.map((target) => [
      target.database.name,
      { ...target, parameters: { ...server, database: target.parameters.database }, settings: [] },
    ]),
  );
  const databases: FoundDatabase[] = [];
  for (const [name, target] of recovered) databases.push({ name, state: await stateOf(target, context) });
  const there = new Set(databases.filter(({ state }) => state === 'there').map(({ name }) => name));
  const family = targets
    .filter(({ database }) => there.has(database.name))
    .map(({ database: { name, references = [] } }) => {
      const inside = references.filter(({ target }) => there.has(parseColumn(target).database));
      return { name, references: inside };
    });
  const references = resolveReferences(family);
  const outcomes = await checkReferences(references, {
    open: async (name) => recovered.get(name)!,
    contextFor: () => context,
  });
  let orphanRows = 0;
  for (const outcome of outcomes) {
    if (outcome.status === 'failed') throw outcome.error;
    orphanRows += outcome.result.orphanRows;
  }
  return { databases, references: references.length, orphanRows };
}

async function stateOf(target: Target, context: Context): Promise<FoundDatabase['state']> {
  try {
    const identity = await withSession(target.parameters, context, readIdentity);
    if (identity === undefined) return 'not migrated';
    const mismatch = compareIdentity(identity, target);
    if (mismatch) throw mismatch;
    return 'there';
  } catch (error) {
    if (error instanceof AtrizError && error.code === 'DATABASE_MISSING') return 'missing';
    throw error;
  }
}
