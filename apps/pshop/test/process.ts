import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** The service as a process of its own. */
export interface ServiceProcess {
  readonly url: string;
  /** As kill -9: it has no time for anything. */
  kill(): Promise<void>;
}

/** Starts `src/main.ts` and resolves once it answers. */
export async function startProcess(variables: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const port = await findFreePort();
  const child = spawn(process.execPath, ['--conditions=source', join(import.meta.dirname, '../src/main.ts')], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'silent', ...variables },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    await wait(50);
  }
  return {
    url,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const { ok } = await fetch(`${url}/health`).catch(() => ({ ok: false }));
  return ok;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

/** Serves one document, such as a website's public keys. */
export async function serveJson(document: unknown): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createHttpServer((_, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document)),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
