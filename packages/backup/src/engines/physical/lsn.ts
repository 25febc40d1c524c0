/** A position in the write-ahead log: what PostgreSQL writes as `1/4A0028D8`. */
export type Lsn = bigint;

const ID_BYTES = 0x1_0000_0000n;

/** Reads PostgreSQL's text of a position, which it wrote itself. */
export function parseLsn(text: string): Lsn {
  const [high, low] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export function formatLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase();
}

/** Where the segments of a cluster's write-ahead log lie. */
export interface Segments {
  readonly timeline: number;
  /** 16 MB unless initdb was told another size. */
  readonly segmentBytes: number;
}

/** The number of the segment that the byte at `lsn` is in. */
export function segmentOf(lsn: Lsn, { segmentBytes }: Pick<Segments, 'segmentBytes'>): bigint {
  return lsn / BigInt(segmentBytes);
}

/** The name of a segment's file: the timeline, and the segment's number in two parts, each as eight hexadecimal digits. */
export function segmentName(segment: bigint, { timeline, segmentBytes }: Segments): string {
  const perId = ID_BYTES / BigInt(segmentBytes);
  const parts = [BigInt(timeline), segment / perId, segment % perId];
  return parts.map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('');
}
