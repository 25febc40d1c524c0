import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createServer } from './server.ts';

it('finishes the request that runs while the server closes, and keeps no connection open after it', async () => {
  const app = await createServer({ title: 'Orchard', description: 'Trees.' });
  const { promise: grown, resolve: grow } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  app.get('/slow', async () => {
    begin();
    await grown;
    return { grown: true };
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  let answers = '';
  socket.on('data', (chunk: string) => (answers += chunk));
  const ended = once(socket, 'close');

  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
  await begun;
  const closed = app.close();
  await expect.poll(() => app.server.listening).toBe(false);
  grow();
  await Promise.all([closed, ended]);
  expect(answers).toMatch(/^HTTP\/1.1 200 OK/);
  expect(answers).toMatch('{"grown":true}');
  expect(answers).toMatch(/connection: close/i);
});
