import { AtrizError } from '@atriz/database';
import { hashOf, NO_HASH, type Entry } from './entry.ts';

/** A place in the chain, as it can be kept elsewhere: the row's id and its hash in hex. */
export interface Link {
  readonly id: number;
  readonly hash: string;
}

const LINK = /^(\d{1,15}):([0-9a-f]{64})$/;

/** `<id>:<hash>`. */
export function formatLink({ id, hash }: Link): string {
  return `${id}:${hash}`;
}

/** Reads what {@link formatLink} writes. Throws `ARGUMENT_INVALID`. */
export function parseLink(text: string): Link {
  const [, id, hash] = LINK.exec(text) ?? [];
  if (id !== undefined && hash !== undefined) return { id: Number(id), hash };
  throw new AtrizError('ARGUMENT_INVALID', `"${text}" is not the head of an audit log`, {
    hint: 'give what atriz audit verify printed: the id, a colon, and 64 hex digits',
  });
}

/**
 * Why the entry cannot be the one that comes after `previous`, in words; `undefined` when it can. Without `previous` it
 * is the first that there is: any may be, since a log may leave by its oldest months, but the first of all follows nothing.
 */
export function findBreak(entry: Entry, previous: Link | undefined): string | undefined {
  const id = Number(entry.id);
  const name = `row ${id} of ${entry.occurredAt}`;
  if (previous !== undefined && id <= previous.id) return `${name} was put in: there is another row ${id}`;
  if (previous !== undefined && id > previous.id + 1) {
    return `${describeMissing(previous.id + 1, id - 1)} before ${name}`;
  }
  if (hashOf(entry) !== entry.hash) return `${name} was changed: its hash is not that of what it says`;
  if (previous !== undefined && entry.previousHash !== previous.hash) {
    return `${name} does not continue row ${previous.id}: row ${previous.id} was written anew`;
  }
  if (id === 1 && entry.previousHash !== NO_HASH) return `${name} continues another row, although it is the first`;
  return undefined;
}

/** Why the chain cannot end where it does, when its head says `head`; `undefined` when it can. */
export function findBrokenEnd(last: Link | undefined, head: Link | undefined): string | undefined {
  if (last === undefined) {
    return head === undefined || head.id === 0 ? undefined : `all rows are missing, of ${head.id} that were written`;
  }
  if (head === undefined) return `the head is missing, which says that row ${last.id} is the last`;
  if (last.id < head.id) return `${describeMissing(last.id + 1, head.id)} at the end`;
  if (last.id > head.id) return `row ${head.id + 1} was put in after the end, which is row ${head.id}`;
  return last.hash === head.hash ? undefined : `row ${last.id}, the last, is not the one that was written`;
}

function describeMissing(from: number, to: number): string {
  return from === to ? `row ${from} is missing` : `rows ${from} to ${to} are missing`;
}

/** Compares the chain, as it is read, with a link that somebody kept elsewhere. */
export interface KeptLink {
  /** Why the entry shows that the chain is another; `undefined` when it does not. */
  compare(entry: Entry): string | undefined;
  /** The same, once all were read. */
  finish(last: Link | undefined): string | undefined;
}

export function keepLink({ id, hash }: Link): KeptLink {
  let isFound = id === 0 && hash === NO_HASH;
  let first: number | undefined;
  const rewritten = `row ${id} is not the one that was kept: the log was written anew`;
  return {
    compare(entry) {
      first ??= Number(entry.id);
      // The row before the oldest one is gone, but its hash is still here.
      const found = Number(entry.id) === id ? entry.hash : Number(entry.id) === id + 1 ? entry.previousHash : undefined;
      if (found === undefined) return undefined;
      isFound = true;
      return found === hash ? undefined : rewritten;
    },
    finish(last) {
      if (isFound) return undefined;
      if (last === undefined || last.id < id)
        return `row ${id}, which was kept, is missing: the log ends at ${last?.id ?? 0}`;
      return `row ${id}, which was kept, cannot be compared: the log begins at row ${first}`;
    },
  };
}
