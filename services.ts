/**
 * Runs the script of that name of every application, `pnpm dev` or `pnpm start`, until it is told to stop.
 *
 * A script is one `node …` command, which is run without a shell and a package manager between: so one signal reaches
 * each service once, and nothing is left when this ends. Turbo is not used, because it cuts what is slow to stop.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { readEnvironment, readPackages, type Environment } from '@atriz/database/workspace';

interface Service {
  readonly name: string;
  readonly directory: string;
  /** What follows `node` in its script. */
  readonly script: readonly string[];
  readonly environment: Environment;
}

/** Where each service is for the other ones, unless something says it: where its own `.env` lets it listen. */
const URLS = { AUTH_ISSUER: 'atriz', MEXTRACK_URL: 'mextrack', PSHOP_URL: 'pshop' };
/** A service ends what it does within ten seconds, and closes its pools within another five. */
const PATIENCE_MS = 20_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function readServices(root: string, scriptName: string): Promise<Service[]> {
  const packages = await readPackages(root);
  const services = packages.map(async ({ directory }) => {
    const { scripts = {} } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
      readonly scripts?: Readonly<Record<string, string>>;
    };
    const [program, ...script] = scripts[scriptName]?.split(' ') ?? [];
    const environment = await readEnvironment(root, directory, process.env);
    return program === 'node' ? [{ name: basename(directory), directory, script, environment }] : [];
  });
  return (await Promise.all(services)).flat();
}

/** The variables of all services: `PORT` is each one's own, and would be the same for all. */
function variablesOf(services: readonly Service[]): NodeJS.ProcessEnv {
  const { PORT: _, ...variables } = process.env;
  if (variables['NODE_ENV'] === 'production') return variables;
  const urls = Object.entries(URLS).flatMap(([variable, name]) => {
    const service = services.find((each) => each.name === name);
    const port = service?.environment.find('PORT', ['package'])?.value;
    const isSaid = services.some(({ environment }) => environment.find(variable, ['process', 'package', 'root']));
    return port === undefined || isSaid ? [] : [[variable, `http://localhost:${port}`]];
  });
  return { ...variables, ...Object.fromEntries(urls) };
}

/** In a process group of its own: a Ctrl-C of the terminal comes to it by us, and once. */
function startService({ name, directory, script }: Service, { env, width }: { env: NodeJS.ProcessEnv; width: number }) {
  const child = spawn(process.execPath, script, {
    cwd: directory,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const [source, target] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    createInterface({ input: source }).on('line', (line) => target.write(`${name.padEnd(width)} | ${line}\n`));
  }
  return child;
}

async function stop(children: readonly ChildProcess[]): Promise<void> {
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  const ends = running.map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGTERM');
  const late = setTimeout(() => running.forEach(killGroup), PATIENCE_MS);
  await Promise.all(ends);
  clearTimeout(late);
  children.forEach(killGroup); // what a service has started and left
}

function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone, as it should be
  }
}

const [scriptName = 'dev'] = process.argv.slice(2);
const services = await readServices(process.cwd(), scriptName);
const env = variablesOf(services);
const width = Math.max(...services.map(({ name }) => name.length));

// Before the first one starts: whoever stops us in between leaves none behind.
const told = new Promise<{ readonly code: number; readonly reason?: string }>((resolve) => {
  for (const signal of SIGNALS) process.on(signal, () => resolve({ code: 0 }));
});
const children = services.map((service) => startService(service, { env, width }));
// One that ends by itself takes the others with it: half a family serves nobody.
const ended = children.map(async (child, index) => {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { code: code || 1, reason: `${services[index]!.name} ended (${signal ?? code}): stopping the others` };
});
const { code, reason } = await Promise.race([told, ...ended]);
if (reason !== undefined) process.stderr.write(`${reason}\n`);
await stop(children);
process.exitCode = code;
