/** A piece of a stream, and whether it is the last one. */
export interface Piece {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/** Cuts a stream into pieces of `size`; only the last one may be shorter, and is given even when all of it is empty. */
export async function* cut(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Piece> {
  let piece = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  for await (const chunk of source) {
    for (let taken = 0; taken < chunk.length;) {
      // A full piece is given only when something follows it: otherwise it is the last.
      if (filled === size) {
        yield { bytes: piece, isLast: false };
        piece = Buffer.allocUnsafeSlow(size);
        filled = 0;
      }
      const part = chunk.subarray(taken, taken + size - filled);
      piece.set(part, filled);
      filled += part.length;
      taken += part.length;
    }
  }
  yield { bytes: piece.subarray(0, filled), isLast: true };
}
