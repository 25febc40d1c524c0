import { AtrizError } from '@atriz/database';
import { formatLsn, type Lsn, type Segments } from './lsn.ts';

/** Where a transaction's commit lies in the write-ahead log, and which it is. */
export interface Commit {
  /** Where its record begins. */
  readonly lsn: Lsn;
  readonly xid: number;
}

export interface WalScanner {
  /** Takes the next bytes, of whole segments in their order, and returns the commits in them. */
  push(bytes: Buffer): readonly Commit[];
}

// The layout of src/include/access/xlog_internal.h, xlogrecord.h and xact.h: the same from PostgreSQL 9.5 to 18.
const ALIGNMENT = 8;
const SHORT_PAGE_HEADER = 24;
const LONG_PAGE_HEADER = 40;
const PAGE_HAS_LONG_HEADER = 0x0002;
const RECORD_HEADER = 24;
const RMGR_XLOG = 0;
const XLOG_SWITCH = 0x40;
const RMGR_XACT = 1;
const XACT_OPERATION = 0x70;
const XACT_COMMIT = 0x00;
const XACT_COMMIT_PREPARED = 0x30;

export interface WalScannerOptions extends Segments {
  /** Where the first record of interest begins; the first bytes are those of its segment. */
  readonly startLsn: Lsn;
  /** `wal_block_size`, 8,192 but for servers that were compiled with another. */
  readonly pageBytes: number;
  /** Reads the transaction of a COMMIT PREPARED, whose record's own header has none. */
  readonly preparedXid: (record: Buffer) => number;
}

interface Record {
  readonly lsn: Lsn;
  /** The header, and all of the record when it is a commit's. */
  bytes: Buffer;
  missing: number;
  kept: boolean;
}

/**
 * Reads the commits of a stretch of write-ahead log. Whatever is not as PostgreSQL writes it, such as a page of another
 * place or a record that does not point back to the one before it, is `BACKUP_INCONSISTENT`: nothing is guessed.
 */
export function createWalScanner(options: WalScannerOptions): WalScanner {
  const { startLsn, segmentBytes, pageBytes, timeline, preparedXid } = options;
  let pageLsn = startLsn - (startLsn % BigInt(segmentBytes));
  let current: Record | undefined;
  let previous: Lsn | undefined;
  let skipTo = startLsn;

  const finish = (record: Record): Commit | undefined => {
    const { lsn, bytes } = record;
    const manager = bytes[17]!;
    const operation = bytes[16]! & XACT_OPERATION;
    if (previous !== undefined && bytes.readBigUInt64LE(8) !== previous) throw unreadable(lsn, 'its chain is broken');
    previous = lsn;
    if (manager === RMGR_XLOG && (bytes[16]! & 0xf0) === XLOG_SWITCH) {
      const behind = lsn + BigInt(segmentBytes);
      skipTo = behind - (behind % BigInt(segmentBytes)); // the rest of the segment is empty
    }
    if (manager !== RMGR_XACT) return undefined;
    if (operation === XACT_COMMIT) return { lsn, xid: bytes.readUInt32LE(4) };
    return operation === XACT_COMMIT_PREPARED ? { lsn, xid: preparedXid(bytes) } : undefined;
  };

  /** Takes what the page has of the current record; returns how far. */
  const take = (page: Buffer, from: number, record: Record): number => {
    const to = Math.min(page.length, from + record.missing);
    if (record.kept || record.bytes.length < RECORD_HEADER) {
      const part = page.subarray(from, to);
      record.bytes = record.bytes.length === 0 ? part : Buffer.concat([record.bytes, part]);
      if (record.bytes.length >= RECORD_HEADER) record.kept = record.bytes[17] === RMGR_XACT;
    }
    record.missing -= to - from;
    return to;
  };

  const readPage = (page: Buffer, commits: Commit[]): void => {
    if (page.readBigUInt64LE(8) !== pageLsn) throw unreadable(pageLsn, 'the page is of another place');
    if (page.readUInt32LE(4) !== timeline) throw unreadable(pageLsn, 'the page is of another timeline');
    const header = page.readUInt16LE(2) & PAGE_HAS_LONG_HEADER ? LONG_PAGE_HEADER : SHORT_PAGE_HEADER;
    let at = current || skipTo <= pageLsn ? header : Math.max(header, Number(skipTo - pageLsn));
    if (current && page.readUInt32LE(16) !== current.missing) throw unreadable(pageLsn, 'a record does not go on');
    while (at + 4 <= page.length) {
      if (!current) {
        const length = page.readUInt32LE(at);
        const lsn = pageLsn + BigInt(at);
        if (length < RECORD_HEADER) throw unreadable(lsn, `no record has ${length} bytes`);
        current = { lsn, bytes: Buffer.alloc(0), missing: length, kept: false };
      }
      at = take(page, at, current);
      if (current.missing > 0) return;
      const commit = finish(current);
      current = undefined;
      if (commit) commits.push(commit);
      at = Math.ceil(at / ALIGNMENT) * ALIGNMENT;
      if (skipTo > pageLsn + BigInt(at)) return;
    }
  };

  return {
    push(bytes) {
      const commits: Commit[] = [];
      for (let offset = 0; offset < bytes.length; offset += pageBytes) {
        const isOfInterest = current !== undefined || skipTo < pageLsn + BigInt(pageBytes);
        if (isOfInterest) readPage(bytes.subarray(offset, offset + pageBytes), commits);
        pageLsn += BigInt(pageBytes);
      }
      return commits;
    },
  };
}

function unreadable(lsn: Lsn, what: string): AtrizError {
  return new AtrizError('BACKUP_INCONSISTENT', `the write-ahead log at ${formatLsn(lsn)} cannot be read: ${what}`, {
    hint: 'make the backup again; if that fails alike, take a logical one: BACKUP_ENGINE=logical',
  });
}
