import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleManifest } from '../../test/sample-set.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { parseKey, type BackupKey } from './key.ts';
import { readSigner } from './keys.ts';
import { describeNewKey } from './new-key.ts';
import type { Signer } from './signer.ts';
import { signingKeyPath } from './signing-key-file.ts';

function keyOf(text: string): BackupKey {
  const parsed = parseKey(text);
  if ('key' in parsed) return parsed.key;
  throw new Error(parsed.problem);
}

function made(key: 'passphrase' | 'recipients', recipients: string[]): { readonly manifest: Manifest }[] {
  return [{ manifest: sampleManifest({ encryption: { format: 'age', key, recipients } }) }];
}

async function agree(one: Signer, other: Signer): Promise<string> {
  return other.check('manifest', 'text', await one.sign('manifest', 'text'));
}

describe('a key', () => {
  it.each(['eleven char', '', ',', 'AGE-SECRET-KEY-1', 'age1', 'age1qqqq, correct horse battery'])(
    'is not %o',
    (text) => {
      expect(parseKey(text)).toHaveProperty('problem');
    },
  );

  it('is a passphrase, of twelve characters or more and whatever they are', () => {
    expect(keyOf('twelve chars').kind).toBe('passphrase');
    expect(keyOf('one, two, three').kind).toBe('passphrase');
    expect(keyOf('ключ ключ ключ')).toHaveProperty('passphrase', 'ключ ключ ключ');
  });

  it('is of identities and recipients, and shows the recipients only', async () => {
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    expect(keyOf(recipient)).toStrictEqual({ kind: 'recipient', recipients: [recipient] });
    const key = keyOf(`${identity.toLowerCase()} ,${recipient}`);
    expect(key).toMatchObject({ kind: 'identity', identities: [identity], recipients: [recipient] });
    expect(inspect(key) + JSON.stringify({ ...key })).not.toContain(identity);
  });

  it('is told of before the first set that is made with it, and not again', async () => {
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    const passphrase = { encryption: true, key: keyOf('correct horse battery') };
    expect(describeNewKey(passphrase, [])).toContain('without BACKUP_ENCRYPTION_KEY nobody can read it');
    expect(describeNewKey(passphrase, [{ manifest: sampleManifest() }, { manifest: undefined }])).toBeDefined();
    expect(describeNewKey(passphrase, made('passphrase', [recipient]))).toBeUndefined();
    expect(describeNewKey({ encryption: true, key: keyOf(identity) }, [])).toContain('nobody can read it');
    const sealed = { encryption: true, key: keyOf(recipient) };
    expect(describeNewKey(sealed, made('recipients', ['age1other']))).toContain(recipient);
    expect(describeNewKey(sealed, made('recipients', ['age1other', recipient]))).toBeUndefined();
    expect(describeNewKey({ ...passphrase, encryption: false }, [])).toBeUndefined();
    expect(describeNewKey({ encryption: false, key: undefined }, [])).toBeUndefined();
  });
});

describe('a signer', () => {
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'atriz-signer-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  const open = (key?: string, { signingKey, family = 'shops' }: { signingKey?: string; family?: string } = {}) =>
    readSigner(
      { key: key === undefined ? undefined : keyOf(key), signingKey },
      { family: { name: family, root, databases: [] } },
    );

  it('with a passphrase agrees with every other that has it, in this family only', async () => {
    const [one, same] = [await open('correct horse battery'), await open('correct horse battery')];
    expect(await agree(one, same)).toBe('genuine');
    expect(await agree(one, await open('incorrect horse battery'))).toBe('unknown');
    expect(await agree(one, await open('correct horse battery', { family: 'others' }))).toBe('unknown');
    const signature = await one.sign('manifest', 'text');
    expect(same.check('manifest', 'text too', signature)).toBe('forged');
    expect(same.check('proof', 'text', signature)).toBe('forged');
    expect(same.check('manifest', 'text', { ...signature, value: signature.value.slice(1) })).toBe('forged');
  });

  it('without any key makes one of its own at the first signature, which only its owner can read', async () => {
    const signer = await open();
    await expect(stat(signingKeyPath(root))).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await signer.sign('manifest', 'text')).source).toBe('file');
    expect((await stat(signingKeyPath(root))).mode & 0o777).toBe(0o600);
    expect(await agree(signer, await open())).toBe('genuine');
    expect(await readFile(signingKeyPath(root), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it('makes one key, however many processes make their first backup at once', async () => {
    const signers = await Promise.all(Array.from({ length: 20 }, () => open()));
    const signatures = await Promise.all(signers.map((signer) => signer.sign('manifest', 'text')));
    expect(new Set(signatures.map(({ value }) => value)).size).toBe(1);
  });

  it('knows what was signed before it had another key', async () => {
    const before = await open();
    const signature = await before.sign('manifest', 'text');
    const after = await open(await generateX25519Identity());
    expect(after.check('manifest', 'text', signature)).toBe('genuine');
    expect((await after.sign('manifest', 'text')).source).toBe('identity');
  });

  it('with two identities signs with the first, and knows the second', async () => {
    const [old, young] = [await generateX25519Identity(), await generateX25519Identity()];
    expect(await agree(await open(old), await open(`${young},${old}`))).toBe('genuine');
    expect(await agree(await open(`${young},${old}`), await open(old))).toBe('unknown');
  });

  it('with a recipient signs with BACKUP_SIGNING_KEY, which other machines may have too', async () => {
    const recipient = await identityToRecipient(await generateX25519Identity());
    const signer = await open(recipient, { signingKey: 'k'.repeat(32) });
    expect((await signer.sign('manifest', 'text')).source).toBe('variable');
    expect(await agree(signer, await open(undefined, { signingKey: 'k'.repeat(32) }))).toBe('genuine');
  });

  it('refuses a file that holds no key, and does not write over it', async () => {
    await mkdir(join(root, '.atriz'));
    await writeFile(signingKeyPath(root), 'changed');
    await expect(open()).rejects.toMatchObject({ code: 'BACKUP_UNTRUSTED' });
    expect(await readFile(signingKeyPath(root), 'utf8')).toBe('changed');
  });
});
