import { Readable } from 'node:stream';
import { LOCK_WAIT_MS, withCommonSnapshot, type HeldSession } from '../../snapshot/common-snapshot.ts';
import { readBecomeRole } from '../../snapshot/reader-role.ts';
import type { BackUpOptions, Engine, SetSink } from '../engine.ts';
import { createSlots, runAll, type Slots, type Task } from '../limited.ts';
import { planDumps, readTableSizes } from './dump-plan.ts';
import { withDump } from './dump.ts';
import { findPrograms, type FindProgramsOptions, type Programs } from './programs.ts';
import { readRoles } from './roles.ts';
import { restoreScratch } from './scratch.ts';

export interface LogicalEngineOptions {
  /** The one directory to look for pg_dump and pg_restore in: `PG_BIN_DIR`. */
  readonly programs: string | undefined;
  /** `PATH`, for when no directory is named. Default: the usual places only. */
  readonly path?: string | undefined;
  /** A table with more than this is dumped and restored beside the rest. Default 256 MiB. */
  readonly partBytes?: number;
}

const PART_BYTES = 256 * 1024 * 1024;

/**
 * Backs up by pg_dump, all databases of a server at one snapshot, and restores by pg_restore: into any server that is at
 * least as new. Throws `CLIENT_TOOLS_MISSING` before anything is done where the tools are missing or too old.
 */
export function createLogicalEngine(options: LogicalEngineOptions): Engine {
  const find = (serverVersion: number): Promise<Programs> =>
    findPrograms({ directory: options.programs, path: options.path, serverVersion } satisfies FindProgramsOptions);
  return {
    name: 'logical',
    backUp: (targets, sink, backUpOptions) => {
      const { context, perDatabase } = backUpOptions;
      return withCommonSnapshot(targets, { context, perDatabase }, async ({ sessions, consistency, servers }) => {
        const programs = await find(Math.max(...servers.map(({ version }) => version)));
        const partBytes = options.partBytes ?? PART_BYTES;
        await storeAll(sessions, sink, { ...backUpOptions, programs, partBytes });
        return { consistency, servers };
      });
    },
    restoreScratch: (reader, targets, scratchOptions) => restoreScratch(reader, targets, { ...scratchOptions, find }),
  };
}

interface StoreOptions extends BackUpOptions {
  readonly programs: Programs;
  readonly partBytes: number;
}

/**
 * The longest first, so that the last to end has begun long ago. Streams keep a processor each busy, here and on the
 * server; what counts and hashes the rows waits for the server alone, so it goes beside them, a database at a time.
 */
async function storeAll(
  sessions: readonly HeldSession[],
  sink: SetSink,
  { programs, partBytes, jobs, context }: StoreOptions,
): Promise<void> {
  const { lockWaitMs = LOCK_WAIT_MS } = context;
  const tasks: { readonly bytes: number; readonly run: Task }[] = [];
  const streams = createSlots(jobs);
  const readings = createSlots(1);
  for (const session of sessions) {
    const { target, client, server } = session;
    const { rows } = await client.query<{ snapshot: string }>('SELECT pg_export_snapshot() AS snapshot');
    const { snapshot } = rows[0]!;
    const role = await readBecomeRole(client);
    const tables = await readTableSizes(client);
    for (const dump of planDumps(tables, { database: target.database.name, server, partBytes })) {
      const { parameters } = target;
      const run: Task = (signal) =>
        withDump(dump, { programs, parameters, snapshot, role, lockWaitMs, signal }, (archive) =>
          sink.store(dump.part, archive),
        );
      tasks.push({ bytes: dump.bytes, run: inTurn(streams, run) });
    }
    const bytes = tables.reduce((sum, each) => sum + each.bytes, 0);
    tasks.push({ bytes, run: inTurn(readings, (signal) => describe(session, sink, signal)) });
  }
  for (const [server, members] of Map.groupBy(sessions, (session) => session.server)) {
    const part = { path: `server-${server}/roles.json`, kind: 'roles', server } as const;
    const roles = await readRoles(members.map(({ client }) => client));
    const run: Task = () => sink.store(part, Readable.from([Buffer.from(JSON.stringify(roles))]));
    tasks.push({ bytes: 0, run: inTurn(streams, run) });
  }
  const ordered = tasks.toSorted((one, other) => other.bytes - one.bytes).map(({ run }) => run);
  await runAll(ordered, { signal: context.signal });
}

function inTurn(slots: Slots, task: Task): Task {
  return (signal) =>
    slots(async () => {
      signal.throwIfAborted();
      await task(signal);
    });
}

/** A session whose query is long is left, so that a failure elsewhere need not wait for it. */
async function describe(session: HeldSession, sink: SetSink, signal: AbortSignal): Promise<void> {
  const leave = (): void => void session.client.end();
  signal.addEventListener('abort', leave, { once: true });
  try {
    await sink.describe(session);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
