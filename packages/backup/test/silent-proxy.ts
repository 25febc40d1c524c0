import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/** Stands before a server on loopback, and can fall silent: connections stay open, and nothing passes any more. */
export interface SilentProxy extends AsyncDisposable {
  readonly port: number;
  silence(): void;
}

export async function startSilentProxy(serverPort: number): Promise<SilentProxy> {
  const sockets = new Set<Socket>();
  let silent = false;
  const server = createServer((client) => {
    const upstream = connect(serverPort, HOST);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (bytes) => void (silent || to.write(bytes)));
      from.on('close', () => void (silent || to.destroy()));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    silence: () => void (silent = true),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
