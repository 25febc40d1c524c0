import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../test/directory.ts';
import { replaceKeys, rotateKeys } from './change-keys.ts';
import { ensureKeyFile, readKeyFile } from './key-file.ts';
import { openKeyRing } from './open-key-ring.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const minutesLater = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
let directory: Awaited<ReturnType<typeof makeDirectory>>;
let path: string;
let told: string[];

beforeEach(async () => {
  directory = await makeDirectory();
  path = join(directory.path, 'auth-keys.json');
  await ensureKeyFile(path, { now: NOW });
  told = [];
});
afterEach(() => directory[Symbol.asyncDispose]());

const tell = (level: string) => (_: object, message: string) => void told.push(`${level}: ${message}`);
const openRing = () => openKeyRing({ path, logger: { info: tell('info'), warn: tell('warn'), error: tell('error') } });

describe('openKeyRing', () => {
  it('publishes a new key at once, and signs with it when it is known, without a restart', async () => {
    const ring = await openRing();
    const { id: first } = await ring.signingKey(NOW);
    const second = (await rotateKeys(path, { now: NOW })).at(-1)!.id;
    expect((await ring.publicKeys(NOW)).keys.map(({ kid }) => kid)).toStrictEqual([first, second]);
    expect((await ring.signingKey(minutesLater(14))).id).toBe(first);
    expect((await ring.signingKey(minutesLater(15))).id).toBe(second);
    expect(await ring.verificationKey(first, minutesLater(30))).toBeDefined();
    expect(await ring.verificationKey(first, minutesLater(31))).toBeUndefined();
    expect(told).toStrictEqual(['info: the signing keys have changed']);
  });

  it('knows replaced keys no more', async () => {
    const ring = await openRing();
    const { id: leaked } = await ring.signingKey(NOW);
    const [next] = await replaceKeys(path, { now: NOW });
    expect((await ring.signingKey(NOW)).id).toBe(next!.id);
    expect(await ring.verificationKey(leaked, NOW)).toBeUndefined();
  });

  it.each([
    ['damaged', () => writeFile(path, '{"keys": [')],
    ['opened to others', () => chmod(path, 0o644)],
  ])('goes on with the keys that it knows when the file is %s, and says so once', async (_, spoil) => {
    const ring = await openRing();
    const { id } = await ring.signingKey(NOW);
    await spoil();
    expect((await ring.signingKey(NOW)).id).toBe(id);
    expect((await ring.signingKey(NOW)).id).toBe(id);
    expect(told).toStrictEqual(['error: the signing keys cannot be read any more; those known go on']);
  });

  it('rejects when there is nothing to begin with', async () => {
    await expect(openKeyRing({ path: join(directory.path, 'other.json') })).rejects.toMatchObject({
      code: 'KEYS_INVALID',
    });
  });
});

describe('rotateKeys', () => {
  it('loses no key when ten rotate at the same time', async () => {
    const rotated = await Promise.all(Array.from({ length: 10 }, () => rotateKeys(path, { now: NOW })));
    const made = new Set(rotated.flat().map(({ id }) => id));
    expect((await readKeyFile(path)).map(({ id }) => id).toSorted()).toStrictEqual([...made].toSorted());
    expect(made.size).toBe(11);
  });

  it('says what is in the way of a change', async () => {
    await writeFile(`${path}.lock`, '');
    await expect(rotateKeys(path, { now: NOW, waitMs: 100 })).rejects.toMatchObject({
      code: 'KEYS_INVALID',
      hint: `if none is: rm ${path}.lock`,
    });
  });
});
