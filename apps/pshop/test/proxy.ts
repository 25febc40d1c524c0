import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

/** A wire to the server that can be cut. */
export interface Proxy extends AsyncDisposable {
  readonly connectionString: string;
  /** Nobody gets through any more, and who was through is not. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** Cuts each connection once it has sent `text`, which still arrives: the answer does not. */
  cutAfter(text: string | undefined): void;
}

export async function openProxy(connectionString: string): Promise<Proxy> {
  const target = new URL(connectionString);
  const sockets = new Set<Socket>();
  let last: string | undefined;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => {
      if (last !== undefined && data.includes(last)) {
        client.destroy();
        upstream.end(data);
      } else {
        upstream.write(data);
      }
    });
    upstream.on('data', (data) => client.write(data));
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
  });
  const listen = async (port: number): Promise<void> =>
    void (await once(server.listen(port, '127.0.0.1'), 'listening'));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const proxied = new URL(connectionString);
  proxied.hostname = '127.0.0.1';
  proxied.port = String(port);

  const cut = async (): Promise<void> => {
    const closed = server.listening ? once(server.close(), 'close') : undefined;
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    connectionString: proxied.href,
    cut,
    restore: () => listen(port),
    cutAfter: (text) => void (last = text),
    [Symbol.asyncDispose]: cut,
  };
}
