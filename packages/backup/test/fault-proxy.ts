import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** What goes wrong with one request. */
export type Fault =
  /** Answered so, and not passed on. */
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** The connection is cut when so many bytes of the request came. The service never sees it. */
  | { readonly kind: 'cut-request'; readonly bytes: number }
  /** The connection is cut when so many bytes of the answer went out. */
  | { readonly kind: 'cut-answer'; readonly bytes: number }
  /** The service does it, but its answer is lost. */
  | { readonly kind: 'lose-answer' }
  /** Nothing comes back. */
  | { readonly kind: 'hang' }
  /** The answer comes in pieces of `bytes` with so many milliseconds between. */
  | { readonly kind: 'slow'; readonly bytes: number; readonly ms: number };

export interface Seen {
  readonly method: string;
  readonly url: string;
}

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Asked for each request what is to go wrong. Default nothing. */
  decide: (request: Seen, count: number) => Fault | undefined;
  /** Every request that came, in order. */
  readonly seen: Seen[];
  /** How many faults were made. */
  readonly faults: () => number;
}

const HOST = '127.0.0.1';

/** Stands before a service on loopback, and breaks what it is told to. */
export async function startFaultProxy(servicePort: number): Promise<FaultProxy> {
  const seen: Seen[] = [];
  let faults = 0;
  const server = createServer({ keepAliveTimeout: 1000 }, (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const { method = '', url = '' } = request;
    seen.push({ method, url });
    const fault = proxy.decide({ method, url }, seen.length);
    if (fault) faults += 1;
    void handle(request, response, { fault, servicePort });
  });
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: FaultProxy = {
    url: `http://${HOST}:${port}`,
    port,
    decide: () => undefined,
    seen,
    faults: () => faults,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
  return proxy;
}

interface Handling {
  readonly fault: Fault | undefined;
  readonly servicePort: number;
}

async function handle(request: IncomingMessage, response: ServerResponse, { fault, servicePort }: Handling) {
  if (fault?.kind === 'hang') return void request.resume();
  if (fault?.kind === 'answer') {
    request.resume();
    return void response.writeHead(fault.status, { 'content-type': 'application/xml' }).end(fault.body);
  }
  if (fault?.kind === 'cut-request') {
    let came = 0;
    request.on('data', (chunk: Buffer) => (came += chunk.byteLength) >= fault.bytes && request.socket.destroy());
    return void request.on('end', () => request.socket.destroy());
  }
  const { method, url, headers } = request;
  const onward = send({ host: HOST, port: servicePort, method, path: url, headers, agent: false });
  onward.on('error', () => response.destroy());
  onward.on('response', (answer) => void passOn(answer, response, fault).catch(() => response.destroy()));
  request.pipe(onward);
}

async function passOn(answer: IncomingMessage, response: ServerResponse, fault: Fault | undefined): Promise<void> {
  if (fault?.kind === 'lose-answer') return void answer.resume().on('end', () => response.destroy());
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  if (!fault) return void answer.on('error', () => response.destroy()).pipe(response);
  let sent = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (fault.kind === 'cut-answer') {
      response.write(chunk.subarray(0, fault.bytes - sent));
      if ((sent += chunk.byteLength) >= fault.bytes) return void setTimeout(() => response.destroy(), 20);
    } else if (fault.kind === 'slow') {
      for (let from = 0; from < chunk.byteLength && !response.destroyed; from += fault.bytes) {
        response.write(chunk.subarray(from, from + fault.bytes));
        await wait(fault.ms);
      }
    }
  }
  response.end();
}
