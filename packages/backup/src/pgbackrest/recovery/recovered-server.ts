import { spawn, type ChildProcess } from 'node:child_process';
import { access, chown, constants, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';
import type { ConnectionParameters } from '@atriz/database/workspace';
import type { Context } from '@atriz/lifecycle';
import { startGuard } from '@atriz/server';
import pg from 'pg';
import type { Account } from '../account.ts';
import { describeTarget, type RecoveryTarget } from './recovery-target.ts';

/** A restored data directory that recovered and runs. Disposing of it ends it in order; the directory stays. */
export interface RecoveredServer extends AsyncDisposable {
  /** Of a private socket; the database is `postgres`. Nobody but its user and root reaches it. */
  readonly parameters: ConnectionParameters;
  /** When the last transaction that was replayed had been committed; `undefined` where none was. */
  readonly recoveredTo: Date | undefined;
}

export interface RecoveryOptions {
  /** The program `postgres` of the right major version. */
  readonly program: string;
  readonly account: Account | undefined;
  readonly user: string;
  readonly recovery: RecoveryTarget;
  readonly context: Context;
}

const PORT = 5432; // of a socket in a directory of its own: it can be taken by nobody
const POLL_MS = 100;
const LONGEST_KEPT_LINES = 200;
/** PostgreSQL 15 gives it no SQLSTATE of its own, so it is known by its words, which `lc_messages` keeps as they are. */
const NOT_REACHED = 'recovery ended before configured recovery target was reached';
/** What it says to whoever asks too early. */
const STARTING_UP = '57P03';

/**
 * Starts a restored data directory, has it recover, and waits until it takes connections, however long that is.
 *
 * It is out of everybody's way: it listens on a socket in a directory of its user's own, archives nothing, and takes
 * neither the memory nor the port that its configuration asks for. It does not outlive us, not even a `kill -9`.
 *
 * Throws `RESTORE_BLOCKED` when the archive ends before the target, `CLIENT_TOOL_FAILED` with its last words when it does
 * not come up otherwise, `INTERRUPTED`.
 */
export async function startRecovered(directory: string, options: RecoveryOptions): Promise<RecoveredServer> {
  const { account, user, context, recovery } = options;
  await using opened = new AsyncDisposableStack();
  const place = await mkdtemp(join(tmpdir(), 'atriz-recovered-'));
  const guard = startGuard(place, directory);
  opened.defer(() => guard.finish());
  await writeFile(join(place, 'hba.conf'), 'local all all trust\n');
  await writeFile(join(place, 'ident.conf'), '');
  await writeFile(join(place, 'postgresql.conf'), '');
  if (account) await chown(place, account.uid, account.gid);
  const parameters = { host: place, port: PORT, user, password: undefined, database: 'postgres', ssl: undefined };
  context.onProgress?.('recovery to that moment: the server starts');
  const server = await launch(directory, place, options);
  if (server.pid !== undefined) guard.watch(server.pid);
  opened.defer(() => server.stop());
  while (!(await answers(parameters))) {
    if (context.signal?.aborted) throw new AtrizError('INTERRUPTED', 'interrupted while the server recovered');
    if (server.ended()) throw failureOf(server.said, recovery);
    await wait(POLL_MS);
  }
  const recoveredTo = await readRecoveredTo(parameters);
  const all = opened.move();
  return { parameters, recoveredTo, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

interface Launched {
  readonly pid: number | undefined;
  readonly said: readonly string[];
  ended(): boolean;
  stop(): Promise<void>;
}

async function launch(directory: string, place: string, { program, account }: RecoveryOptions): Promise<Launched> {
  const own = await access(join(directory, 'postgresql.conf'), constants.F_OK).then(
    () => join(directory, 'postgresql.conf'),
    () => join(place, 'postgresql.conf'),
  );
  const settings = {
    config_file: own,
    data_directory: directory,
    hba_file: join(place, 'hba.conf'),
    ident_file: join(place, 'ident.conf'),
    external_pid_file: join(place, 'postmaster.pid'),
    listen_addresses: '',
    unix_socket_directories: place,
    unix_socket_permissions: '0700',
    port: String(PORT),
    archive_mode: 'off',
    hot_standby: 'off', // so that its limits need not be as high as those of the server that wrote the log
    shared_buffers: '128MB',
    huge_pages: 'off',
    ssl: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: '%e ',
    lc_messages: 'C',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(program, ['-D', directory, ...args], {
    cwd: '/',
    env: { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...account,
  });
  const said: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => {
    if (line.startsWith(STARTING_UP)) return;
    said.push(line);
    if (said.length > LONGEST_KEPT_LINES) said.shift();
  });
  const over = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      said.push(`FATAL:  ${program} could not be started: ${error.message}`);
      resolve();
    });
  });
  let isOver = false;
  void over.then(() => (isOver = true));
  return { pid: child.pid, said, ended: () => isOver, stop: () => stop(child, over) };
}

/** Fast, but in order: a directory that is to be used afterwards needs no recovery then. */
async function stop(child: ChildProcess, over: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  await over;
}

async function answers(parameters: ConnectionParameters): Promise<boolean> {
  try {
    await ask(parameters, 'SELECT');
    return true;
  } catch {
    return false; // it recovers still; what keeps it from coming up, its own words say
  }
}

async function readRecoveredTo(parameters: ConnectionParameters): Promise<Date | undefined> {
  const { rows } = await ask<{ at: Date | null }>(parameters, 'SELECT pg_last_xact_replay_timestamp() AS at');
  return rows[0]?.at ?? undefined;
}

async function ask<Row extends pg.QueryResultRow>(
  { host, port, user, database }: ConnectionParameters,
  text: string,
): Promise<pg.QueryResult<Row>> {
  const client = new pg.Client({ host, port, user, database });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.query<Row>(text);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function failureOf(said: readonly string[], recovery: RecoveryTarget): AtrizError {
  const fatal = said.find((line) => /^(\w{5} )?(FATAL|PANIC): /.test(line)) ?? said.at(-1) ?? '';
  const words = fatal.replace(/^(\w{5} )?(FATAL|PANIC):\s*/, '');
  if (words !== NOT_REACHED) {
    return new AtrizError('CLIENT_TOOL_FAILED', `the restored server did not come up: ${words}`, {
      hint: 'correct what it says, then restore again',
    });
  }
  const last = said.map((line) => /last completed transaction was at log time (.*)$/.exec(line)?.[1]).findLast(Boolean);
  const end = last === undefined ? 'no transaction' : `no transaction after ${last}`;
  const isTime = recovery.kind === 'time';
  return new AtrizError('RESTORE_BLOCKED', `the archive does not reach ${describeTarget(recovery)}: it holds ${end}`, {
    hint: isTime
      ? 'for all that it holds: --as-of latest'
      : 'a restore point is found only from a backup made before it: name that one by its label',
  });
}
