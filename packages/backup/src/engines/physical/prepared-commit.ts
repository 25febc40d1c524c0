const RECORD_HEADER = 24;
const DATA_SHORT = 255;
const DATA_LONG = 254;
const ORIGIN = 253;
const TOPLEVEL_XID = 252;
const HAS_INFO = 0x80;

const HAS_DATABASE = 1;
const HAS_SUBTRANSACTIONS = 2;
const HAS_FILES = 4;
const HAS_INVALIDATIONS = 8;
const HAS_TWO_PHASE = 16;
const HAS_DROPPED_STATISTICS = 256;

/**
 * Which transaction a record of COMMIT PREPARED commits. It follows the lists of what the commit did, in the order of
 * `xl_xact_commit` in src/include/access/xact.h; an entry of dropped statistics has grown in PostgreSQL 18.
 */
export function preparedXid(record: Buffer, version: number): number {
  let at = mainData(record) + 8; // behind the time
  const next = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  const list = (entryBytes: number): number => next(record.readInt32LE(next(4)) * entryBytes);
  const info = record[16]! & HAS_INFO ? record.readUInt32LE(next(4)) : 0;
  if (info & HAS_DATABASE) next(8);
  if (info & HAS_SUBTRANSACTIONS) list(4);
  if (info & HAS_FILES) list(12);
  if (info & HAS_DROPPED_STATISTICS) list(version >= 180000 ? 16 : 12);
  if (info & HAS_INVALIDATIONS) list(16);
  return info & HAS_TWO_PHASE ? record.readUInt32LE(at) : 0;
}

/** Where a record's own data begins, behind its headers; one that changes no page has no others. */
function mainData(record: Buffer): number {
  for (let at = RECORD_HEADER; ;) {
    switch (record[at]) {
      case DATA_SHORT:
        return at + 2;
      case DATA_LONG:
        return at + 5;
      case ORIGIN:
        at += 3;
        break;
      case TOPLEVEL_XID:
        at += 5;
        break;
      default:
        throw new RangeError(`a commit's record has a header of kind ${record[at]}`);
    }
  }
}
