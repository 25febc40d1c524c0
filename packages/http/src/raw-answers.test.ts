import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServer, type Server } from './server.ts';

let app: Server;

beforeAll(async () => {
  app = await createServer({ title: 'Orchard', description: 'Trees.' });
  app.post('/trees', async () => ({}));
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

/** Sends text as it is, and resolves with all that comes back until the server ends the connection. */
async function send(text: string): Promise<string> {
  const { port } = app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

const HOST = 'Host: x\r\n';

it.each([
  ['what is no HTTP', 'GARDEN\r\n\r\n', 400],
  ['headers that are too large', `GET /health HTTP/1.1\r\n${HOST}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['two lengths', `POST /trees HTTP/1.1\r\n${HOST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
  [
    'a length and chunks',
    `POST /trees HTTP/1.1\r\n${HOST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    400,
  ],
  ['a length that is none', `POST /trees HTTP/1.1\r\n${HOST}Content-Length: many\r\n\r\n{}`, 400],
  ['a header with a line break in its name', `GET /health HTTP/1.1\r\n${HOST}A\nB: c\r\n\r\n`, 400],
])('%s is answered with a problem, and the connection ends', async (_, text, status) => {
  const answer = await send(text);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toMatch('content-type: application/problem+json');
  expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ status, code: 'REQUEST_INVALID' });
});

it('a request line without a host is refused', async () => {
  expect(await send('GET /health HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
});
