import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileTransport, smtpTransport } from './transport.ts';

const FROM = 'Atriz <no-reply@example.com>';
const MESSAGE = { kind: 'verification', to: 'ada@example.com', subject: 'Hello', text: 'Click.\n' } as const;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'atriz-mail-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('fileTransport', () => {
  it('makes a file of each mail, for its owner only', async () => {
    const transport = fileTransport({ directory: join(directory, 'mail'), from: FROM });
    await transport.send(MESSAGE);
    await transport.send(MESSAGE);
    const names = await readdir(join(directory, 'mail'));
    expect(names).toHaveLength(2);
    const path = join(directory, 'mail', names[0]!);
    expect(await readFile(path, 'utf8')).toBe(
      'From: Atriz <no-reply@example.com>\nTo: ada@example.com\nSubject: Hello\n\nClick.\n',
    );
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});

describe('smtpTransport', () => {
  it('speaks SMTP', async () => {
    const heard: string[] = [];
    await using server = await listen(heard);
    const transport = smtpTransport({ url: `smtp://127.0.0.1:${server.port}?ignoreTLS=true`, from: FROM });
    await transport.send(MESSAGE);
    transport.close();
    const text = heard.join('');
    expect(text).toContain('MAIL FROM:<no-reply@example.com>');
    expect(text).toContain('RCPT TO:<ada@example.com>');
    expect(text).toContain('Subject: Hello');
    expect(text).toContain('Click.');
  });

  it('rejects where nobody listens', async () => {
    const server = await listen([]);
    await server[Symbol.asyncDispose]();
    const transport = smtpTransport({ url: `smtp://127.0.0.1:${server.port}`, from: FROM });
    await expect(transport.send(MESSAGE)).rejects.toMatchObject({ code: 'ESOCKET' });
    transport.close();
  });
});

/** As much of a mail server as one mail needs. */
async function listen(heard: string[]): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => {
    let inData = false;
    socket.write('220 test\r\n');
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      heard.push(chunk);
      if (inData) {
        inData = !chunk.endsWith('\r\n.\r\n');
        if (!inData) socket.write('250 taken\r\n');
        return;
      }
      inData = chunk.startsWith('DATA');
      socket.write(inData ? '354 go on\r\n' : '250 fine\r\n');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
