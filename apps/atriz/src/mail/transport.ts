import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import type { Message } from './messages.ts';

/** What carries a mail. */
export interface MailTransport {
  /** Resolves when the mail is another's to deliver; rejects when it is not. */
  send(message: Message): Promise<void>;
  close(): void;
}

/** Long enough for a slow server, short enough for a service that is told to stop. */
const TIMEOUT_MS = 10_000;

export interface TransportOptions {
  /** `smtp:` or `smtps:`, or `file:` for a directory. */
  readonly url: string;
  readonly from: string;
}

/** The transport that a URL asks for. */
export function openTransport({ url, from }: TransportOptions): MailTransport {
  return url.startsWith('file:')
    ? fileTransport({ directory: fileURLToPath(url), from })
    : smtpTransport({ url, from });
}

/** Mails by SMTP; `url` as `smtps://USER:PASSWORD@HOST`. */
export function smtpTransport({ url, from }: TransportOptions): MailTransport {
  const transport = createTransport(
    { url, pool: true, connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    { from },
  );
  return {
    async send({ to, subject, text }) {
      await transport.sendMail({ to, subject, text });
    },
    close: () => transport.close(),
  };
}

/** Each mail as a file of `directory`, which only its owner may read: what a developer clicks on. */
export function fileTransport({
  directory,
  from,
}: {
  readonly directory: string;
  readonly from: string;
}): MailTransport {
  return {
    async send({ kind, to, subject, text }) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const name = `${new Date().toISOString().replaceAll(':', '-')}-${kind}-${randomUUID().slice(0, 8)}.txt`;
      await writeFile(join(directory, name), `From: ${from}\nTo: ${to}\nSubject: ${subject}\n\n${text}`, {
        mode: 0o600,
      });
    },
    close() {},
  };
}
