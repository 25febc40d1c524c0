import { withMaintenanceSession, type Context, type Target } from '@atriz/lifecycle';
import { applyDatabaseSettings, applyRoles } from '../engines/logical/apply-roles.ts';
import type { RoleRecord } from '../engines/logical/role-record.ts';
import type { ManifestDatabase } from '../manifest/manifest.ts';
import { placeOf, type PlannedDatabase } from './plan.ts';

/** What was recorded of the roles of each of a set's servers, by the server's index. */
export type RoleRecords = ReadonlyMap<number, RoleRecord>;

/** Makes the roles that are missing, on the servers that the databases of that record go to; changes none that is there. */
export async function makeRoles(
  records: RoleRecords,
  planned: readonly PlannedDatabase[],
  context: Context,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const [index, record] of records) {
    const targets = planned.filter(({ entry }) => entry.server === index).map(({ target }) => target);
    const byServer = new Map(targets.map((target) => [placeOf(target), target]));
    for (const target of byServer.values()) {
      const { differences } = await withMaintenanceSession(target, context, (client) => applyRoles(client, record));
      warnings.push(...differences);
    }
  }
  return warnings;
}

/** Gives a restored database what was recorded of the one that it was. */
export async function settleDatabase(
  records: RoleRecords,
  { server, databaseName }: ManifestDatabase,
  { into, context }: { readonly into: Target; readonly context: Context },
): Promise<readonly string[]> {
  const recorded = records.get(server)?.databases.find((each) => each.databaseName === databaseName);
  if (recorded === undefined) return [];
  return withMaintenanceSession(into, context, (client) =>
    applyDatabaseSettings(client, recorded, { databaseName: into.parameters.database }),
  );
}
