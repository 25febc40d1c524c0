/** Castagnoli's polynomial, with its bits in reverse. */
const POLYNOMIAL = 0x82f63b78;
const WIDTH = 8;

type Table = Uint32Array<ArrayBuffer>;
type Tables = [Table, Table, Table, Table, Table, Table, Table, Table];

/** One table for each of the eight bytes that are taken at once: of a byte with so many zero bytes behind it. */
const [T0, T1, T2, T3, T4, T5, T6, T7] = makeTables() as Tables;

function makeTables(): Table[] {
  const tables = [
    Uint32Array.from({ length: 256 }, (_, byte) => {
      let value = byte;
      for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
      return value;
    }),
  ];
  const [first] = tables as [Table];
  while (tables.length < WIDTH) {
    tables.push(tables.at(-1)!.map((value) => (value >>> 8) ^ first[value & 255]!));
  }
  return tables;
}

/** A CRC32C that is summed up piece by piece. */
export interface Crc32c {
  update(bytes: Uint8Array): void;
  /** As Google writes it: four bytes, the highest first, in Base64. */
  toString(): string;
}

/** CRC32C (RFC 3720, B.4), eight bytes at a time; node:zlib has only the other CRC32. */
export function createCrc32c(): Crc32c {
  let sum = 0xffffffff;
  return {
    update(bytes) {
      const end = bytes.byteLength - (bytes.byteLength % WIDTH);
      let crc = sum;
      let at = 0;
      for (; at < end; at += WIDTH) {
        crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
        crc =
          T7[crc & 255]! ^
          T6[(crc >>> 8) & 255]! ^
          T5[(crc >>> 16) & 255]! ^
          T4[crc >>> 24]! ^
          T3[bytes[at + 4]!]! ^
          T2[bytes[at + 5]!]! ^
          T1[bytes[at + 6]!]! ^
          T0[bytes[at + 7]!]!;
      }
      for (; at < bytes.byteLength; at += 1) crc = T0[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
      sum = crc;
    },
    toString() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE((sum ^ 0xffffffff) >>> 0);
      return bytes.toString('base64');
    },
  };
}
