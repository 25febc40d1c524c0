import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that answers every request with `body`, as a website that publishes public keys does. */
export async function openWebsite(body: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_, response) => void response.end(body));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
