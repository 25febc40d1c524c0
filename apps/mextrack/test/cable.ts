import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A way to a database that can be cut. */
export interface Cable extends AsyncDisposable {
  /** The same database, through the cable. */
  through(connectionString: string): string;
  /** Ends every connection, and refuses new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** Lays a cable; what is at its end is known once `through` was called. */
export async function layCable(): Promise<Cable> {
  const sockets = new Set<Socket>();
  let target = { host: '127.0.0.1', port: 0 };
  const server = createServer((near) => {
    const far = connect(target);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;

  async function cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  return {
    through(connectionString) {
      const url = new URL(connectionString);
      target = { host: url.hostname, port: Number(url.port || 5432) };
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
    cut,
    mend: () => listen(port),
    [Symbol.asyncDispose]: cut,
  };
}
