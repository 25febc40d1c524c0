import { describe, expect, test } from 'vitest';
import { findBreak, findBrokenEnd, formatLink, keepLink, parseLink, type Link } from './chain.ts';
import { hashOf, NO_HASH, type Entry } from './entry.ts';

/** Rows as they were written. */
function chainOf(length: number): Entry[] {
  const entries: Entry[] = [];
  for (let id = 1; id <= length; id += 1) {
    const entry = {
      id: String(id),
      occurredAt: `2026-11-0${id}T00:00:00.000000Z`,
      action: 'user.created',
      actorId: '',
      userId: '11111111-1111-4111-8111-111111111111',
      details: '{}',
      previousHash: entries.at(-1)?.hash ?? NO_HASH,
      hash: '',
    };
    entries.push({ ...entry, hash: hashOf(entry) });
  }
  return entries;
}

const CHAIN = chainOf(5);
const linkOf = (entry: Entry): Link => ({ id: Number(entry.id), hash: entry.hash });

/** The first fault of a list of rows, its end included. */
function findFault(entries: readonly Entry[], head: Link | undefined = linkOf(CHAIN.at(-1)!)): string | undefined {
  let last: Link | undefined;
  for (const entry of entries) {
    const fault = findBreak(entry, last);
    if (fault !== undefined) return fault;
    last = linkOf(entry);
  }
  return findBrokenEnd(last, head);
}

const changed = (index: number, change: Partial<Entry>): Entry[] => CHAIN.with(index, { ...CHAIN[index]!, ...change });
const rewritten = (index: number, change: Partial<Entry>): Entry[] => {
  const entry = { ...CHAIN[index]!, ...change };
  return CHAIN.with(index, { ...entry, hash: hashOf(entry) });
};

test('a hash is what sha256sum says of the same lines', () => {
  // printf '1\n2026-11-01T00:00:00.000000Z\nuser.created\n\n11111111-1111-4111-8111-111111111111\n%064d\n{}' 0 | sha256sum
  expect(CHAIN[0]!.hash).toBe('a2c3bc52e2a036c646b81fc6aa239ca84af7846eb2c933d2aa42c5a2d3c16877');
});

describe('a chain', () => {
  test('without a fault has none', () => {
    expect(findFault(CHAIN)).toBeUndefined();
  });

  test('may begin later, where older rows were dropped', () => {
    expect(findFault(CHAIN.slice(2))).toBeUndefined();
  });

  test('may be empty, when it was never written or emptied as a whole', () => {
    expect(findBrokenEnd(undefined, undefined)).toBeUndefined();
    expect(findBrokenEnd(undefined, { id: 0, hash: NO_HASH })).toBeUndefined();
  });

  test.each<[string, Entry[], string]>([
    [
      'a changed row',
      changed(2, { action: 'user.deleted' }),
      'row 3 of 2026-11-03T00:00:00.000000Z was changed: its hash is not that of what it says',
    ],
    [
      'a changed row with its hash',
      rewritten(2, { details: '{"a": 1}' }),
      'row 4 of 2026-11-04T00:00:00.000000Z does not continue row 3: row 3 was written anew',
    ],
    [
      'a changed last row with its hash',
      rewritten(4, { userId: '' }),
      'row 5, the last, is not the one that was written',
    ],
    ['a missing row', CHAIN.toSpliced(1, 1), 'row 2 is missing before row 3 of 2026-11-03T00:00:00.000000Z'],
    ['missing rows', CHAIN.toSpliced(1, 2), 'rows 2 to 3 are missing before row 4 of 2026-11-04T00:00:00.000000Z'],
    [
      'an inserted row',
      CHAIN.toSpliced(2, 0, CHAIN[1]!),
      'row 2 of 2026-11-02T00:00:00.000000Z was put in: there is another row 2',
    ],
    ['a cut end', CHAIN.slice(0, 3), 'rows 4 to 5 are missing at the end'],
    ['nothing left', [], 'all rows are missing, of 5 that were written'],
    ['a row after the end', chainOf(6), 'row 6 was put in after the end, which is row 5'],
    [
      'another beginning',
      rewritten(0, { previousHash: 'f'.repeat(64) }),
      'row 1 of 2026-11-01T00:00:00.000000Z continues another row, although it is the first',
    ],
    [
      'swapped rows',
      changed(1, { ...CHAIN[2]!, id: '2' }),
      'row 2 of 2026-11-03T00:00:00.000000Z was changed: its hash is not that of what it says',
    ],
  ])('with %s is broken', (_, entries, fault) => {
    expect(findFault(entries)).toBe(fault);
  });

  test('without its head is broken', () => {
    expect(findBrokenEnd({ id: 5, hash: NO_HASH }, undefined)).toBe(
      'the head is missing, which says that row 5 is the last',
    );
  });
});

describe('a link that was kept', () => {
  const compare = (link: Link, entries: readonly Entry[]): string | undefined => {
    const kept = keepLink(link);
    const faults = entries.map((entry) => kept.compare(entry));
    return (
      faults.find((fault) => fault !== undefined) ??
      kept.finish(entries.length > 0 ? linkOf(entries.at(-1)!) : undefined)
    );
  };
  const third = linkOf(CHAIN[2]!);

  test('is found in the chain, or as what its oldest row continues', () => {
    expect(compare(third, CHAIN)).toBeUndefined();
    expect(compare(third, CHAIN.slice(3))).toBeUndefined();
    expect(compare({ id: 0, hash: NO_HASH }, [])).toBeUndefined();
  });

  test.each<[string, Entry[], string]>([
    [
      'written anew',
      rewritten(2, { action: 'user.renamed' }),
      'row 3 is not the one that was kept: the log was written anew',
    ],
    ['that ends before it', CHAIN.slice(0, 2), 'row 3, which was kept, is missing: the log ends at 2'],
    ['that is empty', [], 'row 3, which was kept, is missing: the log ends at 0'],
    ['that begins long after it', CHAIN.slice(4), 'row 3, which was kept, cannot be compared: the log begins at row 5'],
  ])('shows a chain %s', (_, entries, fault) => {
    expect(compare(third, entries)).toBe(fault);
  });

  test('is read as it is written', () => {
    expect(parseLink(formatLink(third))).toStrictEqual(third);
    for (const text of ['', '3', `3:${'A'.repeat(64)}`, `x:${NO_HASH}`, ` 3:${NO_HASH}`]) {
      expect(() => parseLink(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
    }
  });
});
