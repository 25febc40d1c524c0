/** Tells of a transaction whether a snapshot sees it as committed, if it committed. */
export type Sees = (xid: number) => boolean;

/**
 * Reads the text of a `pg_snapshot`, `xmin:xmax:xip,…`: everything below xmin had ended, nothing from xmax on had, and
 * of those between the listed ones had not. Its numbers have 64 bits; those of the write-ahead log are their lower 32,
 * and are meant near xmax.
 */
export function readSnapshot(text: string): Sees {
  const [xminText, xmaxText, xipText] = text.split(':');
  const xmin = BigInt(xminText!);
  const xmax = BigInt(xmaxText!);
  const running = new Set((xipText ?? '').split(',').filter(Boolean).map(BigInt));
  return (xid) => {
    const full = xmax + BigInt((xid - Number(xmax & 0xffff_ffffn)) | 0);
    return full < xmin || (full < xmax && !running.has(full));
  };
}
