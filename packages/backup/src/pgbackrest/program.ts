import { spawn } from 'node:child_process';
import { access, chown, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { AtrizError } from '@atriz/database';
import type { ConnectionParameters } from '@atriz/database/workspace';
import type { Context } from '@atriz/lifecycle';
import { passFileOf } from '../engines/logical/child-connection.ts';
import type { Account } from './account.ts';
import { failureOf } from './failure.ts';

const PROGRAM = 'pgbackrest';
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin';

/** How pgBackRest is called for one stanza. */
export interface Stanza {
  readonly name: string;
  /** The configuration file. */
  readonly config: string;
  /** The program, as an absolute path. */
  readonly program: string;
  readonly account: Account | undefined;
}

export interface RunOptions {
  readonly context?: Context | undefined;
  /** The server, for a command that connects to it. */
  readonly server?: ConnectionParameters | undefined;
}

/** Finds pgBackRest in the directories of `path`, then where systems put it. Throws `CLIENT_TOOLS_MISSING`. */
export async function findProgram(path = ''): Promise<string> {
  for (const directory of [...path.split(delimiter), ...SYSTEM_PATH.split(':')].filter(Boolean)) {
    const program = join(directory, PROGRAM);
    try {
      await access(program, constants.X_OK);
      return program;
    } catch {
      continue;
    }
  }
  throw new AtrizError('CLIENT_TOOLS_MISSING', 'pgbackrest is not installed', {
    hint: 'install it on the machine of the server: apt-get install pgbackrest',
  });
}

/**
 * Runs one command of pgBackRest for a stanza and returns what it printed. Its progress goes to `context.onProgress`. An
 * abort of `context.signal` ends it as it wants to be ended: locks released, `INTERRUPTED` thrown.
 *
 * No secret is among its arguments or in its environment: the server's password is in a file that only its user may read,
 * which is gone when it ends. Throws what `failureOf` makes of its exit code.
 */
export async function runPgbackrest(
  { name, config, program, account }: Stanza,
  [command, ...rest]: readonly [string, ...string[]],
  { context = {}, server }: RunOptions = {},
): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const connection = server === undefined ? {} : await connectionVariables(server, { account, stack });
  const args = [command, `--config=${config}`, `--stanza=${name}`, ...LOG, ...rest];
  const result = await run(program, args, { account, context, environment: { ...connection } });
  if (context.signal?.aborted) {
    throw new AtrizError('INTERRUPTED', `interrupted; pgbackrest ${command} was ended`, { hint: 'run it again' });
  }
  if (result.exitCode !== 0) throw failureOf({ command, ...result });
  return result.printed;
}

const LOG = ['--log-level-console=off', '--log-level-stderr=info', '--log-level-file=off', '--no-log-timestamp'];

/** pgBackRest's own version: `2.45`. Throws `CLIENT_TOOL_FAILED`. */
export async function readVersion(program: string): Promise<string> {
  const result = await run(program, ['version'], { account: undefined, context: {}, environment: {} });
  const version = /pgBackRest (\d+\.\d+(?:\.\d+)?)/.exec(result.printed)?.[1];
  if (version === undefined) throw failureOf({ command: 'version', ...result });
  return version;
}

interface Surroundings {
  readonly account: Account | undefined;
  readonly context: Context;
  readonly environment: Readonly<Record<string, string>>;
}

interface Ended {
  readonly exitCode: number;
  readonly printed: string;
  readonly said: string;
}

function run(
  program: string,
  args: readonly string[],
  { account, context, environment }: Surroundings,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: '/',
      env: { LC_ALL: 'C', PATH: SYSTEM_PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...account,
    });
    const stop = (): void => void child.kill('SIGTERM');
    context.signal?.addEventListener('abort', stop, { once: true });
    if (context.signal?.aborted) stop();
    let printed = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    createInterface({ input: child.stderr }).on('line', (line) => {
      said += `${line}\n`;
      tellProgress(line, context);
    });
    child.once('error', (error) => {
      const message = `${program} could not be started: ${error.message}`;
      reject(new AtrizError('CLIENT_TOOLS_MISSING', message, { hint: 'install pgBackRest', cause: error }));
    });
    child.once('close', (code) => {
      context.signal?.removeEventListener('abort', stop);
      resolve({ exitCode: code ?? -1, printed, said });
    });
  });
}

/** Its first and last lines repeat the command; the rest is what it does. */
function tellProgress(line: string, { onProgress }: Context): void {
  const text = /^\s*INFO: (.*)$/.exec(line)?.[1];
  if (text !== undefined && !/ command (begin|end)/.test(text)) onProgress?.(`pgBackRest: ${text}`);
}

async function connectionVariables(
  { host, password }: ConnectionParameters,
  { account, stack }: { readonly account: Account | undefined; readonly stack: AsyncDisposableStack },
): Promise<Record<string, string>> {
  if (password === undefined) return { PGHOST: host };
  const directory = await mkdtemp(join(tmpdir(), 'atriz-pgbackrest-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'pgpass');
  await writeFile(file, passFileOf(password), { mode: 0o600 });
  if (account) {
    await chown(file, account.uid, account.gid);
    await chown(directory, account.uid, account.gid);
  }
  return { PGHOST: host, PGPASSFILE: file };
}
