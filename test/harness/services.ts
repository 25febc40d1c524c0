import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { createDatabasePool, runSeeds, type Definition } from '@atriz/database';
import { createTestDatabase } from '@atriz/testing';
import website from '../../apps/atriz/database.config.ts';
import mextrack from '../../apps/mextrack/database.config.ts';
import pshop from '../../apps/pshop/database.config.ts';
import sharedDatabase from '../../packages/core/database.config.ts';
import { REPOSITORY } from './command.ts';

const PATIENCE_MS = 60_000;
const APPLICATIONS = [
  { name: 'atriz', definition: website },
  { name: 'mextrack', definition: mextrack },
  { name: 'pshop', definition: pshop },
] as const;

/** The three services as processes of their own, over databases of the test's own. */
export interface Services extends AsyncDisposable {
  readonly website: string;
  readonly mextrack: string;
  readonly pshop: string;
  /** What the services' databases are called, each on the server of the tests. */
  readonly databases: Readonly<Record<'shared' | 'atriz' | 'mextrack' | 'pshop', string>>;
  /** The text of the newest mail of a kind, such as `verification`; waits for it. */
  readMail(kind: string): Promise<string>;
  /** Whatever they have logged. */
  log(): string;
}

export interface ServicesOptions {
  /** Whether the applications' own databases have their seeds, too. Default false. */
  readonly seeded?: boolean;
}

/** Starts the services on free ports of loopback, with the seeds of core; disposing of it stops them. */
export async function startServices({ seeded = false }: ServicesOptions = {}): Promise<Services> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'atriz-services-'));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const mail = join(directory, 'mail');
  const shared = opened.use(await openDatabase(sharedDatabase, 'packages/core'));
  await seed(shared.connectionString, 'packages/core');

  const urls = await Promise.all(APPLICATIONS.map(async () => `http://localhost:${await freePort()}`));
  const [atrizUrl, mextrackUrl, pshopUrl] = urls as [string, string, string];
  const common = {
    PATH: process.env['PATH'] ?? '',
    AUTH_ISSUER: atrizUrl,
    AUTH_KEYS_FILE: join(directory, 'keys.json'),
    MEXTRACK_URL: mextrackUrl,
    PSHOP_URL: pshopUrl,
    SMTP_URL: pathToFileURL(mail).href,
  };
  const databases = { shared: shared.name, atriz: '', mextrack: '', pshop: '' };
  let said = '';
  const children = await Promise.all(
    APPLICATIONS.map(async ({ name, definition }, index) => {
      const own = opened.use(await openDatabase(definition, `apps/${name}`));
      databases[name] = own.name;
      if (seeded) await seed(own.connectionString, `apps/${name}`);
      const child = spawn(process.execPath, ['--conditions=source', `apps/${name}/src/main.ts`], {
        cwd: REPOSITORY,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...common,
          DATABASE_URL: own.appConnectionString,
          // Who only verifies tokens sees no more of the shared database than he needs.
          SHARED_DATABASE_URL: name === 'atriz' ? shared.appConnectionString : shared.readConnectionString,
          PORT: new URL(urls[index]!).port,
        },
      });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
      return child;
    }),
  );
  opened.defer(() => Promise.all(children.map(stop)).then(() => undefined));
  for (const url of urls) await answered(url, () => said);

  const all = opened.move();
  return {
    website: atrizUrl,
    mextrack: mextrackUrl,
    pshop: pshopUrl,
    databases,
    readMail: (kind) => readMail(mail, kind),
    log: () => said,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function openDatabase(definition: Definition, directory: string) {
  return createTestDatabase(definition, { directory: join(REPOSITORY, directory) });
}

async function seed(connectionString: string, directory: string): Promise<void> {
  await using db = createDatabasePool({ connectionString });
  await runSeeds(db.pool, { directory: join(REPOSITORY, directory, 'seeds') });
}

async function answered(url: string, said: () => string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (
    !(await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > deadline) throw new Error(`${url} does not answer: ${said()}`);
    await wait(100);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => void child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function readMail(directory: string, kind: string): Promise<string> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const names = await readdir(directory).catch(() => [] as string[]);
    const newest = names
      .filter((name) => name.includes(`-${kind}-`))
      .sort()
      .at(-1);
    if (newest !== undefined) return readFile(join(directory, newest), 'utf8');
    if (performance.now() > deadline) throw new Error(`no mail of the kind ${kind} was sent`);
    await wait(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}
