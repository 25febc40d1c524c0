import { describe, expect, it } from 'vitest';
import type { Message } from './messages.ts';
import { createOutbox } from './outbox.ts';
import type { MailTransport } from './transport.ts';

const ADA = { to: 'ada@example.com', name: 'Ada', token: 'a+secret' };

function transportThatFails(times: number): MailTransport & { readonly sent: Message[]; attempts: number } {
  return {
    sent: [],
    attempts: 0,
    async send(message) {
      this.attempts += 1;
      if (this.attempts <= times) throw new Error('421 try later');
      this.sent.push(message);
    },
    close() {},
  };
}

function collector() {
  const lines: string[] = [];
  return {
    lines,
    error: ({ err }: { err: Error & { code: string } }) => void lines.push(`${err.code} ${err.message}`),
  };
}

function open(transport: MailTransport, { maxWaiting = 10, retryDelaysMs = [1, 1] } = {}) {
  const logger = collector();
  const outbox = createOutbox({
    transport,
    website: 'https://www.example.com',
    logger: logger as never,
    retryDelaysMs,
    maxWaiting,
  });
  return { outbox, logger };
}

describe('createOutbox', () => {
  it('sends the token behind the # of a link, where no server sees it', async () => {
    const transport = transportThatFails(0);
    const { outbox } = open(transport);
    outbox.sendVerification(ADA);
    outbox.sendPasswordReset(ADA);
    await outbox[Symbol.asyncDispose]();
    expect(transport.sent.map(({ kind, to }) => [kind, to])).toStrictEqual([
      ['verification', 'ada@example.com'],
      ['password-reset', 'ada@example.com'],
    ]);
    expect(transport.sent[0]!.text).toContain('https://www.example.com/#/verify-email?token=a%2Bsecret');
    expect(transport.sent[1]!.text).toContain('https://www.example.com/#/new-password?token=a%2Bsecret');
  });

  it('tries again', async () => {
    const transport = transportThatFails(2);
    const { outbox, logger } = open(transport);
    outbox.sendVerification(ADA);
    await expect.poll(() => transport.sent.length).toBe(1);
    await outbox[Symbol.asyncDispose]();
    expect([transport.attempts, logger.lines]).toStrictEqual([3, []]);
  });

  it('gives up in the end, and logs it without the token', async () => {
    const transport = transportThatFails(9);
    const { outbox, logger } = open(transport);
    outbox.sendPasswordReset(ADA);
    await expect.poll(() => logger.lines).toStrictEqual(['MAIL_FAILED a mail could not be sent: password-reset']);
    await outbox[Symbol.asyncDispose]();
    expect(transport.attempts).toBe(3);
  });

  it('does not wait for the next attempt when it is closed, and makes it at once', async () => {
    const transport = transportThatFails(1);
    const { outbox } = open(transport, { retryDelaysMs: [3_600_000] });
    outbox.sendVerification(ADA);
    await expect.poll(() => transport.attempts).toBe(1);
    await outbox[Symbol.asyncDispose]();
    expect(transport.sent).toHaveLength(1);
  });

  it('holds no more than it may', async () => {
    const transport = transportThatFails(0);
    const { outbox, logger } = open(transport, { maxWaiting: 1 });
    outbox.sendVerification(ADA);
    outbox.sendVerification(ADA);
    await outbox[Symbol.asyncDispose]();
    expect([transport.sent.length, logger.lines]).toStrictEqual([
      1,
      ['MAIL_FAILED a mail could not be sent: verification'],
    ]);
  });
});
