import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to the server that can be shut: connections are then cut, and new ones refused. */
export async function openGate(connectionString: string) {
  const target = new URL(connectionString);
  const sockets = new Set<Socket>();
  let isOpen = false;
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    if (!isOpen) return void socket.destroy();
    const onward = createConnection(Number(target.port), target.hostname);
    sockets.add(onward.on('error', () => {}).on('close', () => sockets.delete(onward)));
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = new URL(connectionString);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = (): void => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    connectionString: url.href,
    open: () => void (isOpen = true),
    close: cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
