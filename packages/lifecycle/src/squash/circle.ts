import { AtrizError } from '@atriz/database';
import type { FamilyDatabase } from '@atriz/database/workspace';
import type { Migration } from '../migrations/migration-file.ts';
import { findFaults } from '../plan/faults.ts';
import { readNodes } from '../plan/nodes.ts';

/**
 * Refuses a squash that migrations of other databases would wait for in a circle: of two files, one may require what
 * requires the other, and of one file that cannot be. Throws `SQUASH_REFUSED`, with the path.
 */
export async function refuseCircle(
  squash: Migration,
  database: FamilyDatabase,
  family: readonly FamilyDatabase[],
): Promise<void> {
  const { name, path, directives } = squash;
  const gone = new Set(directives.squashes);
  const databases = await Promise.all(
    family.map(async (each) => {
      const nodes = await readNodes(each);
      if (each.name !== database.name) return nodes;
      const node = { name, path, requires: directives.requires, squashes: directives.squashes };
      return { ...nodes, migrations: [node, ...nodes.migrations.filter((other) => !gone.has(other.name))] };
    }),
  );
  const known = databases.map(
    (each) => [each.name, each.migrations.flatMap((node) => [...(node.squashes ?? []), node.name])] as const,
  );
  const fault = findFaults(databases, new Map(known)).get(database.name);
  if (fault?.code !== 'REQUIREMENT_CYCLE') return;
  throw new AtrizError('SQUASH_REFUSED', `in one file, ${fault.message}`, {
    hint: 'squash up to an earlier one, with --to',
    cause: fault,
  });
}
