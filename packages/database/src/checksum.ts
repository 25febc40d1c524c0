import { createHash } from 'node:crypto';

/** A text without what nobody sees: a byte order mark, CR in line ends, blanks at line ends and at the end. */
export function normaliseText(text: string): string {
  return `${text
    .replace(/^\uFEFF/, '')
    .replaceAll(/[ \t]*(?:\r?\n|$)/g, '\n')
    .trimEnd()}\n`;
}

/** The SHA-256, in hex, of a file's {@link normaliseText normalised} text: what the ledger knows a migration by. */
export function checksumOf(text: string): string {
  return createHash('sha256').update(normaliseText(text).trimEnd()).digest('hex');
}
