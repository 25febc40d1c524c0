import { formatColumn, parseColumn, resolveReferences, type FamilyDatabase } from '@atriz/database/workspace';
import type pg from 'pg';
import type { Problem } from '../status.ts';
import { readChecks } from './record.ts';

/** A declared reference, and what its last check found: nothing is looked for again. */
export interface ReferenceStatus {
  /** The column that refers, such as `mextrack_db.vehicles.user_id`. */
  readonly reference: string;
  readonly target: string;
  /** `null` for one that was never checked, or means another column since. */
  readonly checkedAt: Date | null;
  readonly orphanKeys: number;
  readonly orphanRows: number;
}

/**
 * Reads the last checks from the ledger: empty before the first one, and of a database that declares no references,
 * which is not even asked.
 */
export async function readReferenceStatuses(
  client: pg.ClientBase,
  { name, references = [] }: Pick<FamilyDatabase, 'name' | 'references'>,
): Promise<ReferenceStatus[]> {
  if (references.length === 0) return [];
  const checks = await readChecks(client);
  if (checks.length === 0) return [];
  // Targets are only named here; whether the family has them was settled when it was read.
  const targets = references.map(({ target }) => ({ name: parseColumn(target).database }));
  return resolveReferences([{ name, references }, ...targets]).map(({ source, target }): ReferenceStatus => {
    const reference = formatColumn(source);
    const meant = formatColumn(target);
    const check = checks.find((each) => each.reference === reference && each.target === meant);
    return {
      reference,
      target: meant,
      checkedAt: check?.checkedAt ?? null,
      orphanKeys: check?.orphanKeys ?? 0,
      orphanRows: check?.orphanRows ?? 0,
    };
  });
}

export function findReferenceProblem({ reference, target, checkedAt, orphanRows }: ReferenceStatus): Problem[] {
  if (orphanRows === 0 || checkedAt === null) return [];
  const when = checkedAt.toISOString().slice(0, 16).replace('T', ' ');
  return [
    {
      code: 'REFERENCE_ORPHANED',
      message: `${orphanRows} rows of ${reference} led to no ${target} when it was checked, at ${when} UTC`,
      hint: 'see them, and mend what may be mended: atriz references check [--fix]',
    },
  ];
}
