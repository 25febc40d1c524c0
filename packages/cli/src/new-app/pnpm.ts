import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { AtrizError } from '@atriz/database';

export interface InstallOptions {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Enough of what pnpm said to see why. */
const LAST_CHARACTERS = 2000;

/**
 * Runs `pnpm install` at the root: links the new package, and writes it into the lockfile, which a CI would otherwise
 * refuse to change. Throws `INSTALL_FAILED`, with pnpm's last words, and `INTERRUPTED`.
 */
export async function install(root: string, { variables, signal }: InstallOptions): Promise<void> {
  const [program, ...first] = await findPnpm(variables);
  const args = [...first, 'install', '--no-frozen-lockfile', '--prefer-offline'];
  const child = spawn(program, args, { cwd: root, env: variables, stdio: ['ignore', 'pipe', 'pipe'], signal });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-LAST_CHARACTERS)));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((error: unknown) => {
    if (signal.aborted) throw new AtrizError('INTERRUPTED', 'interrupted; nothing was kept', { cause: error });
    throw failed((error as Error).message, error);
  });
  if (code !== 0) throw failed(output.trim() || `pnpm ended with ${code}`);
}

/** The pnpm that runs this command where one does, else the one on the path, else the one that npx fetches. */
export async function findPnpm({
  npm_execpath: running,
  PATH = '',
}: InstallOptions['variables']): Promise<readonly [program: string, ...args: string[]]> {
  if (running !== undefined && /^pnpm\b/.test(basename(running))) {
    return /\.[cm]?js$/.test(running) ? [process.execPath, running] : [running];
  }
  for (const directory of PATH.split(delimiter).filter(Boolean)) {
    const program = join(directory, 'pnpm');
    if (await isExecutable(program)) return [program];
  }
  return ['npx', '--yes', 'pnpm@12'];
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function failed(reason: string, cause?: unknown): AtrizError {
  return new AtrizError('INSTALL_FAILED', `pnpm install failed, and nothing was kept: ${reason}`, {
    hint: 'mend what it says, and run the command again',
    cause,
  });
}
