import { execFile } from 'node:child_process';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../test/directory.ts';
import { generateSigningKey } from '../tokens/signing-key.ts';
import { ensureKeyFile, readKeyFile, writeKeyFile } from './key-file.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const MAIN = join(import.meta.dirname, 'main.ts');
const run = promisify(execFile);
let directory: Awaited<ReturnType<typeof makeDirectory>>;
let files = 0;
let path: string;

beforeAll(async () => {
  directory = await makeDirectory();
});
beforeEach(() => {
  files += 1;
  path = join(directory.path, `${files}`, 'auth-keys.json');
});
afterAll(() => directory[Symbol.asyncDispose]());

describe('a key file', () => {
  it('is made with one key that signs at once, for its owner alone', async () => {
    expect(await ensureKeyFile(path, { now: NOW })).toBe(true);
    expect(await readKeyFile(path)).toMatchObject([{ createdAt: NOW, signsFrom: NOW, signsUntil: null }]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(path, '..'))).toStrictEqual(['auth-keys.json']);
  });

  it('is left as it is when it is there', async () => {
    await ensureKeyFile(path, { now: NOW });
    const text = await readFile(path, 'utf8');
    expect(await ensureKeyFile(path, { now: new Date() })).toBe(false);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('is made once when twenty ask at the same time, and all find the same key', async () => {
    const found = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const made = await ensureKeyFile(path, { now: NOW });
        const [key] = await readKeyFile(path);
        return { made, id: key!.id };
      }),
    );
    expect(found.filter(({ made }) => made)).toHaveLength(1);
    expect(new Set(found.map(({ id }) => id)).size).toBe(1);
    expect(await readdir(join(path, '..'))).toStrictEqual(['auth-keys.json']);
  });

  it('is made once when processes ask at the same time', async () => {
    const args = ['--conditions=source', MAIN, 'create', '--json', '--file', path];
    const outputs = await Promise.all(Array.from({ length: 6 }, () => run(process.execPath, args)));
    const ids = outputs.map(({ stdout }) => (JSON.parse(stdout) as { keys: { id: string }[] }).keys[0]!.id);
    expect(new Set(ids).size).toBe(1);
  });

  it('gives back what was written, dates and halves', async () => {
    await ensureKeyFile(path, { now: NOW });
    const key = await generateSigningKey({ now: NOW });
    const ending = {
      ...key,
      signsUntil: new Date('2026-06-02T00:00:00Z'),
      verifiesUntil: new Date('2026-06-02T01:00:00Z'),
    };
    await writeKeyFile(path, [ending]);
    const [read] = await readKeyFile(path);
    expect(read).toMatchObject({ id: key.id, publicKey: key.publicKey, signsUntil: ending.signsUntil });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each([0o640, 0o604, 0o660, 0o700 | 0o001])('is refused when others may use it (mode %o)', async (mode) => {
    await ensureKeyFile(path, { now: NOW });
    await chmod(path, mode);
    await expect(readKeyFile(path)).rejects.toMatchObject({
      code: 'KEYS_INVALID',
      message: `others than its owner may use ${path} (mode ${mode.toString(8)})`,
      hint: expect.stringContaining(`chmod 600 ${path}`),
    });
  });

  it('says that it is not there', async () => {
    await expect(readKeyFile(path)).rejects.toMatchObject({
      code: 'KEYS_INVALID',
      message: `there is no key file at ${path}`,
    });
  });

  const damages: [string, (text: string) => string][] = [
    ['cut off', (text) => text.slice(0, 200)],
    ['empty', () => ''],
    ['another document', () => '[]'],
    ['without dates', (text) => text.replaceAll(/"signsFrom": "[^"]*"/g, '"signsFrom": null')],
    ['with the id of another key', (text) => text.replace(/"id": "./, '"id": "_')],
    ['with a private half of another key', (text) => text.replace(/"d": "...../, '"d": "AAAAA')],
    ['with a key twice', (text) => text.replace(/(\{\s+"id"[^]*\})\s+\]/, '$1,$1]')],
  ];
  it.each(damages)('is refused when it is %s, and shown to nobody', async (_, damage) => {
    await ensureKeyFile(path, { now: NOW });
    const text = await readFile(path, 'utf8');
    const [, secret] = /"d": "([^"]+)"/.exec(text)!;
    await writeFile(path, damage(text));
    const error = await readKeyFile(path).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({
      code: 'KEYS_INVALID',
      message: expect.stringContaining(`${path} holds no signing keys`),
    });
    expect(`${(error as Error).message}${(error as Error).stack}${String((error as Error).cause)}`).not.toContain(
      secret!.slice(5),
    );
  });
});
