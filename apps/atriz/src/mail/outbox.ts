import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';
import type { FastifyBaseLogger } from 'fastify';
import {
  passwordChangedMessage,
  passwordResetMessage,
  verificationMessage,
  type Message,
  type Recipient,
} from './messages.ts';
import type { MailTransport } from './transport.ts';

/** Mails that go out when their time comes: whoever sends one never waits for it, and never hears of its failure. */
export interface Outbox extends AsyncDisposable {
  sendVerification(mail: Recipient & { readonly token: string }): void;
  sendPasswordReset(mail: Recipient & { readonly token: string }): void;
  sendPasswordChanged(mail: Recipient): void;
}

export interface OutboxOptions {
  readonly transport: MailTransport;
  /** The website's URL: where the links of mails lead. */
  readonly website: string;
  readonly logger: Pick<FastifyBaseLogger, 'error'>;
  /** How long to wait before each further attempt, in milliseconds. */
  readonly retryDelaysMs?: readonly number[];
  /** More than so many unsent mails are given up at once. Default 1,000. */
  readonly maxWaiting?: number;
}

/**
 * Makes an outbox. A mail that cannot be sent is tried again, and then logged as `MAIL_FAILED`: with its kind, without
 * its token. Unsent mails are in memory only. Disposing of it tries those that wait once more, and closes `transport`.
 */
export function createOutbox({
  transport,
  website,
  logger,
  retryDelaysMs = [1_000, 10_000, 60_000],
  maxWaiting = 1_000,
}: OutboxOptions): Outbox {
  const unsent = new Set<Promise<void>>();
  const closing = new AbortController();

  async function deliver(message: Message): Promise<void> {
    for (const [attempt, delayMs] of [0, ...retryDelaysMs].entries()) {
      if (attempt > 0) await wait(delayMs, undefined, { signal: closing.signal }).catch(() => {});
      // Once the outbox closes nothing is waited for: this attempt is the last.
      const last = closing.signal.aborted || attempt === retryDelaysMs.length;
      try {
        await transport.send(message);
        return;
      } catch (cause) {
        if (!last) continue;
        logger.error({ err: failure(message, cause) }, 'a mail was given up');
        return;
      }
    }
  }

  function post(message: Message): void {
    if (unsent.size >= maxWaiting) {
      logger.error({ err: failure(message, `${maxWaiting} others wait`) }, 'a mail was given up');
      return;
    }
    const delivery = deliver(message).finally(() => unsent.delete(delivery));
    unsent.add(delivery);
  }

  // After the #: no server is told what is there, and no log has it.
  const link = (view: string, token: string): string => `${website}/#/${view}?token=${encodeURIComponent(token)}`;
  return {
    sendVerification: ({ token, ...to }) => post(verificationMessage(to, link('verify-email', token))),
    sendPasswordReset: ({ token, ...to }) => post(passwordResetMessage(to, link('new-password', token))),
    sendPasswordChanged: (to) => post(passwordChangedMessage(to, `${website}/#/forgotten`)),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.all(unsent);
      transport.close();
    },
  };
}

function failure({ kind }: Message, cause: unknown): AtrizError {
  return new AtrizError('MAIL_FAILED', `a mail could not be sent: ${kind}`, {
    hint: 'look at SMTP_URL, and at the mail server',
    cause,
  });
}
