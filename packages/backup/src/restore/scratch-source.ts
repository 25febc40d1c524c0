import { withSession, type Context, type Target } from '@atriz/lifecycle';
import { applyRoles, roleNames } from '@atriz/lifecycle/roles';
import type { Engine, RestoredFamily } from '../engines/engine.ts';
import { createLike } from '../engines/logical/new-database.ts';
import type { RoleRecord } from '../engines/logical/role-record.ts';
import { readRoles } from '../engines/logical/roles.ts';
import type { SetReader } from '../set/reader.ts';
import { copyDatabase } from '../transfer/copy-database.ts';
import type { PlannedDatabase } from './plan.ts';
import { makeRoles, settleDatabase } from './recorded-roles.ts';
import type { DatabaseSource } from './source.ts';

export interface ScratchSourceOptions {
  readonly engine: Engine;
  readonly jobs: number;
  readonly context: Context;
}

/**
 * A physical set, of which there is no archive: it is restored as a server of its own, and databases are copied from
 * there. Throws what the engine throws.
 */
export async function openScratchSource(
  reader: SetReader,
  planned: readonly PlannedDatabase[],
  { engine, jobs, context }: ScratchSourceOptions,
): Promise<DatabaseSource> {
  await using opened = new AsyncDisposableStack();
  const targets = planned.map(({ target }) => target);
  const scratch = opened.use(await engine.restoreScratch(reader, targets, { context, jobs, fallback: targets[0] }));
  const records = await readRecords(scratch, planned, context);
  const all = opened.move();
  const sourceOf = (name: string): Target => scratch.targets.get(name)!;
  return {
    prepare: () => makeRoles(records, planned, context),
    async fill(entry, into, signal) {
      const { warnings } = await createLike(entry, { maintenance: into, name: into.parameters.database, context });
      const within = { onProgress: context.onProgress, signal };
      await copyDatabase({ from: sourceOf(entry.name), to: into, jobs, context: within });
      return warnings;
    },
    async settle(entry, into) {
      const { target } = planned.find((each) => each.entry === entry)!;
      await giveRoles(into, target, context);
      return settleDatabase(records, entry, { into, context });
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function readRecords(
  { targets }: RestoredFamily,
  planned: readonly PlannedDatabase[],
  context: Context,
): Promise<Map<number, RoleRecord>> {
  const records = new Map<number, RoleRecord>();
  for (const { entry } of planned) {
    const { parameters } = targets.get(entry.name)!;
    const record = await withSession(parameters, context, (client) => readRoles([client]));
    const before = records.get(entry.server);
    const others = before?.roles.map(({ name }) => name) ?? [];
    records.set(entry.server, {
      ...record,
      roles: [...(before?.roles ?? []), ...record.roles.filter(({ name }) => !others.includes(name))],
      memberships: [...(before?.memberships ?? []), ...record.memberships],
      databases: [...(before?.databases ?? []), ...record.databases],
    });
  }
  return records;
}

/** Owners and grants are not copied: where the set's ledger says that the roles were applied, they are applied again. */
async function giveRoles(into: Target, { parameters }: Target, context: Context): Promise<void> {
  const applied = await withSession(into.parameters, context, async (client) => {
    const { rows } = await client.query<{ applied: boolean }>(
      `SELECT to_regclass('atriz.roles') IS NOT NULL AS applied`,
    );
    return rows[0]!.applied;
  });
  if (applied) await applyRoles(into, { names: roleNames(parameters.database) }, context);
}
