/** At most one line of a stream in this time. */
const EVERY_MS = 3000;

export interface ByteProgressOptions {
  readonly onProgress: ((message: string) => void) | undefined;
  readonly now: () => number;
}

/** Tells, every few seconds, how much was read so far of all that is under way for one subject. */
export interface ByteProgress {
  /** A function to be told how much was read so far of one more stream. */
  stream(): (bytes: number) => void;
}

export function createByteProgress({ onProgress, now }: ByteProgressOptions): ByteProgress {
  const streams: number[] = [];
  let told = now();
  return {
    stream() {
      const index = streams.push(0) - 1;
      return (bytes) => {
        streams[index] = bytes;
        if (onProgress === undefined || now() - told < EVERY_MS) return;
        told = now();
        onProgress(`${formatMegabytes(streams.reduce((sum, each) => sum + each, 0))} read so far`);
      };
    },
  };
}

function formatMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
