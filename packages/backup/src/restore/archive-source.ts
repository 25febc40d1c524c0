import type { Context } from '@atriz/lifecycle';
import type { Slots } from '../engines/limited.ts';
import { readRoleRecord } from '../engines/logical/archive.ts';
import { createLike } from '../engines/logical/new-database.ts';
import { findPrograms } from '../engines/logical/programs.ts';
import { restoreDatabase } from '../engines/logical/restore-database.ts';
import type { RoleRecord } from '../engines/logical/role-record.ts';
import type { SetReader } from '../set/reader.ts';
import type { PlannedDatabase } from './plan.ts';
import { makeRoles, settleDatabase } from './recorded-roles.ts';
import type { DatabaseSource } from './source.ts';

export interface ArchiveSourceOptions {
  /** `PG_BIN_DIR` and `PATH`. */
  readonly programs: string | undefined;
  readonly path: string | undefined;
  readonly jobs: number;
  readonly slots: Slots;
  readonly context: Context;
}

/** The archives of a logical set. Throws `CLIENT_TOOLS_MISSING` and what reading the record of roles throws. */
export async function openArchiveSource(
  reader: SetReader,
  planned: readonly PlannedDatabase[],
  { programs: directory, path, jobs, slots, context }: ArchiveSourceOptions,
): Promise<DatabaseSource> {
  const indexes = new Set(planned.map(({ entry }) => entry.server));
  const serverVersion = Math.max(...[...indexes].map((index) => reader.manifest.servers[index]!.version));
  const programs = await findPrograms({ directory, path, serverVersion });
  const records = new Map<number, RoleRecord>();
  for (const index of indexes) records.set(index, await readRoleRecord(reader, index, context.signal));
  return {
    prepare: () => makeRoles(records, planned, context),
    async fill(entry, into, signal) {
      const { warnings } = await createLike(entry, { maintenance: into, name: into.parameters.database, context });
      const { onProgress } = context;
      const { name: database } = entry;
      const options = { into: into.parameters, programs, jobs, slots, owners: true, context: { onProgress, signal } };
      await restoreDatabase(reader, { database, ...options });
      return warnings;
    },
    settle: (entry, into) => settleDatabase(records, entry, { into, context }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
