import { rename, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';
import type { Cluster } from './cluster.ts';
import { fatalStates, programFailure, withDiskErrors } from './failure.ts';
import { launch, type LaunchOptions } from './launch.ts';
import { choosePort, isPortFree, portTaken } from './port.ts';

const LOCK_FILE_EXISTS = 'F0001';
const MAX_LOG_BYTES = 10_000_000;

export interface RunOptions extends Omit<LaunchOptions, 'port'> {
  /** The port the caller insists on. */
  readonly port: number | undefined;
  /** The port of the last run, if there was one. */
  readonly previousPort?: number | undefined;
  /** Told each port before it is tried. */
  readonly onPort?: (port: number) => Promise<void>;
}

/**
 * Runs a postmaster for the cluster and waits until it serves. Two things that pass are tried again: a port that
 * somebody took between the choice and the start, and sessions of a killed postmaster that are about to notice
 * and still hold its shared memory.
 *
 * @throws AtrizError `PORT_TAKEN`, `DISK_FULL`, `EMBEDDED_FAILED`, `EMBEDDED_UNSUPPORTED`.
 */
export async function runCluster(cluster: Cluster, options: RunOptions): Promise<{ pid: number; port: number }> {
  const { port: named, log, waitMs, onPort } = options;
  const deadline = performance.now() + waitMs;
  await withDiskErrors(log, () => keepLogShort(log));
  for (let previous = options.previousPort; ;) {
    const port = await choosePort({ named, previous });
    await onPort?.(port);
    const result = await withDiskErrors(log, () =>
      launch(cluster, { ...options, port, waitMs: deadline - performance.now() }),
    );
    if (result.outcome === 'serving') return { pid: result.pid, port };
    if (result.outcome === 'silent') throw stillSilent(cluster, { pid: result.pid, waitMs });
    const lateSessions = fatalStates(result.output).includes(LOCK_FILE_EXISTS);
    const taken = !lateSessions && !(await isPortFree(port));
    if (taken && named !== undefined) throw portTaken(named);
    if ((!taken && !lateSessions) || performance.now() > deadline) {
      throw await programFailure({ program: 'postgres', output: result.output, directory: cluster.dataDirectory, log });
    }
    previous = taken ? undefined : port;
    await delay(100);
  }
}

/** A server that is there but does not let anybody in: recovering from a crash, or hung. */
export function stillSilent({ dataDirectory }: Cluster, { pid, waitMs }: { pid: number; waitMs: number }): AtrizError {
  return new AtrizError(
    'EMBEDDED_FAILED',
    `the embedded server of ${dataDirectory} (pid ${pid}) runs but has not answered for ${Math.round(waitMs / 1000)} s`,
    { hint: 'it may be recovering from a crash: try again later, or stop it and start it again' },
  );
}

async function keepLogShort(log: string): Promise<void> {
  const found = await stat(log, { throwIfNoEntry: false });
  if (found !== undefined && found.size > MAX_LOG_BYTES) await rename(log, `${log}.1`);
}
