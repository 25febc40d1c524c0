import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealFile, unsealFile, type UnsealOptions } from './age-file.ts';
import { createPassphraseIdentity, createPassphraseRecipient } from './passphrase.ts';

const AGE = '/usr/bin/age';
const HAS_AGE = existsSync(AGE) || process.env['CI'] === 'true';
const PASSPHRASE = 'correct horse battery';
/** Empty, around the edges of a chunk of 64 KiB, and of several. */
const SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000];

const identity = await generateX25519Identity();
const recipient = await identityToRecipient(identity);

async function sealed(plain: Uint8Array, recipients: Parameters<typeof sealFile>[1] = [recipient]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(sealFile([plain], recipients)));
}

async function unsealed(file: Uint8Array, options: Partial<UnsealOptions> & { piece?: number } = {}): Promise<Buffer> {
  const { piece = 10_000, ...rest } = options;
  const source = (async function* () {
    for (let at = 0; at < file.length; at += piece) yield file.subarray(at, at + piece);
  })();
  const chunks = unsealFile(source, { identities: [identity], name: 'a file', unopened: 'BACKUP_KEY_WRONG', ...rest });
  return Buffer.concat(await Array.fromAsync(chunks));
}

describe('an age file', () => {
  let directory: string;
  const at = (name: string): string => join(directory, name);
  beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'atriz-age-'))));
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each(SIZES)('of %i bytes is opened by the library of the format, and the other way round', async (size) => {
    const plain = randomBytes(size);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(Buffer.from(await decrypter.decrypt(await sealed(plain))).equals(plain)).toBe(true);
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    expect((await unsealed(await encrypter.encrypt(plain))).equals(plain)).toBe(true);
  });

  it('is read in pieces of any size', async () => {
    const plain = randomBytes(70_000);
    const file = await sealed(plain);
    for (const piece of [1, 7, 65_552, file.length]) {
      expect((await unsealed(file, { piece })).equals(plain)).toBe(true);
    }
  });

  it('wrapped in a passphrase is opened by the library of the format, and the other way round', async () => {
    const plain = randomBytes(100);
    const decrypter = new Decrypter();
    decrypter.addPassphrase(PASSPHRASE);
    const file = await sealed(plain, [createPassphraseRecipient(PASSPHRASE)]);
    expect(Buffer.from(await decrypter.decrypt(file)).equals(plain)).toBe(true);
    const encrypter = new Encrypter();
    encrypter.setPassphrase(PASSPHRASE);
    encrypter.setScryptWorkFactor(12);
    const identities = [createPassphraseIdentity(PASSPHRASE)];
    expect((await unsealed(await encrypter.encrypt(plain), { identities })).equals(plain)).toBe(true);
  });

  it.skipIf(!HAS_AGE)('is opened by the program age, of every size, and the other way round', async () => {
    const run = promisify(execFile);
    await writeFile(at('identity'), `${identity}\n`, { mode: 0o600 });
    for (const size of SIZES) {
      const plain = randomBytes(size);
      await writeFile(at('ours.age'), await sealed(plain));
      const opened = await run(AGE, ['--decrypt', '--identity', at('identity'), at('ours.age')], {
        encoding: 'buffer',
        maxBuffer: 1 << 20,
      });
      expect(opened.stdout.equals(plain)).toBe(true);
      await writeFile(at('plain'), plain);
      const theirs = await run(AGE, ['--encrypt', '--recipient', recipient, at('plain')], {
        encoding: 'buffer',
        maxBuffer: 1 << 20,
      });
      expect((await unsealed(theirs.stdout)).equals(plain)).toBe(true);
    }
  });

  it('is opened by any of several recipients', async () => {
    const other = await generateX25519Identity();
    const file = await sealed(Buffer.from('rows'), [recipient, await identityToRecipient(other)]);
    for (const each of [identity, other]) {
      expect(String(await unsealed(file, { identities: [each] }))).toBe('rows');
    }
  });

  it('is refused to another identity and to another passphrase, by the code that was asked for', async () => {
    const file = await sealed(Buffer.from('rows'));
    const stranger = [await generateX25519Identity()];
    for (const unopened of ['BACKUP_KEY_WRONG', 'BACKUP_CORRUPT'] as const) {
      await expect(unsealed(file, { identities: stranger, unopened })).rejects.toMatchObject({ code: unopened });
    }
    const wrapped = await sealed(Buffer.from('rows'), [createPassphraseRecipient(PASSPHRASE)]);
    const wrong = [createPassphraseIdentity('incorrect horse battery')];
    await expect(unsealed(wrapped, { identities: wrong })).rejects.toMatchObject({ code: 'BACKUP_KEY_WRONG' });
  });

  it('is refused with any byte changed: of its header, of each chunk, of each end of a chunk', async () => {
    const plain = randomBytes(140_000); // three chunks
    const file = await sealed(plain);
    const header = file.length - 140_000 - 3 * 16 - 16;
    const edges = [0, 1, 2].flatMap((chunk) => {
      const start = header + 16 + chunk * 65_552;
      return [start, start + 1, start + 30_000 * Number(chunk < 2), Math.min(start + 65_551, file.length - 1)];
    });
    const places = [...Array.from({ length: header + 16 }, (_, index) => index), ...edges];
    const codes = new Map<unknown, number>();
    for (const place of places) {
      const flipped = Buffer.from(file);
      flipped[place]! ^= 1 << (place % 8);
      const code = await unsealed(flipped, { unopened: 'BACKUP_CORRUPT', piece: 70_000 }).then(
        () => 'opened',
        (error: { code?: string }) => error.code,
      );
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect([...codes]).toStrictEqual([['BACKUP_CORRUPT', places.length]]);
    console.info(`changed bytes of an age file: ${codes.get('BACKUP_CORRUPT')} of ${places.length} refused`);
  });

  it('is refused cut off, with a chunk left out, with two exchanged, and with something after its end', async () => {
    const file = await sealed(randomBytes(65_536 * 3 + 5));
    const start = file.length - (65_536 * 3 + 5) - 4 * 16;
    const chunk = (index: number): Buffer => file.subarray(start + index * 65_552, start + (index + 1) * 65_552);
    const head = file.subarray(0, start);
    const wrong = [
      ...[0, 10, start - 1, start, start + 65_552, start + 65_552 * 3, file.length - 1].map((end) =>
        file.subarray(0, end),
      ),
      Buffer.concat([head, chunk(0), chunk(2), chunk(3)]),
      Buffer.concat([head, chunk(1), chunk(0), chunk(2), chunk(3)]),
      Buffer.concat([head, chunk(0), chunk(0), chunk(1), chunk(2), chunk(3)]),
      Buffer.concat([file, Buffer.from('x')]),
      Buffer.concat([file, chunk(3)]),
    ];
    for (const each of wrong) await expect(unsealed(each)).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
  });

  it('is no file without a header of age', async () => {
    await expect(unsealed(randomBytes(200_000))).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
    await expect(unsealed(Buffer.from('-- a dump\n'))).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
  });
});
