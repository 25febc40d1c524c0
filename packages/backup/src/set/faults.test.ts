import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type MemoryStore } from '../../test/memory-store.ts';
import { sampleKeys, sampleSigner, writeSampleSet } from '../../test/sample-set.ts';
import type { BackupKeys } from '../keys/keys.ts';
import { openSet } from './open.ts';

const identity = await generateX25519Identity();
const REGION_BYTES = 4096;

/** A set as a thief of bytes finds it: what is stored, and what its owner opens it with. */
interface Stored {
  readonly id: string;
  readonly store: MemoryStore;
  readonly keys: Parameters<typeof openSet>[2];
}

async function stored(keys: BackupKeys, changes: object = {}): Promise<Stored> {
  const store = createMemoryStore();
  const { id } = await writeSampleSet([store], { keys, changes });
  return { id, store, keys };
}

/** Reads all of a set, as `verify` and every restore do before they touch anything; gives the code of what refuses it. */
async function check({ id, store, keys }: Stored): Promise<string> {
  try {
    const reader = await openSet(store, id, keys);
    for (const file of reader.manifest.files) {
      for await (const chunk of await reader.read(file)) void chunk;
    }
    return 'whole';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** As they are now, whatever is done to them meanwhile. */
function objectsOf({ store }: Stored): [string, Buffer][] {
  return [...store.objects];
}

/** Does something to the stored objects, checks, and puts them back. */
async function checkWith(set: Stored, harm: (objects: Map<string, Buffer>) => void): Promise<string> {
  const before = objectsOf(set);
  harm(set.store.objects);
  const code = await check(set);
  set.store.objects.clear();
  for (const [path, content] of before) set.store.objects.set(path, content);
  return code;
}

function count(codes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function tell(what: string, codes: readonly string[]): void {
  const refused = codes.filter((code) => code.startsWith('BACKUP_')).length;
  console.info(`${what}: ${refused} of ${codes.length} refused`, count(codes));
}

/** A byte of every region of 4 KiB, and every byte around the beginning and the end. */
function placesOf(content: Buffer): number[] {
  const regions = Array.from({ length: Math.ceil(content.length / REGION_BYTES) }, (_, region) =>
    Math.min(region * REGION_BYTES + ((region * 997) % REGION_BYTES), content.length - 1),
  );
  const edges = [0, 1, 21, 22, 60, 120, 180, 200, 217, 233, 65_769, 65_785].flatMap((at) => [
    at,
    content.length - 1 - at,
  ]);
  return [...new Set([...regions, ...edges])].filter((at) => at >= 0 && at < content.length);
}

const KINDS: readonly (readonly [string, BackupKeys])[] = [
  ['not encrypted', { key: undefined, signer: sampleSigner('this workspace') }],
  ['encrypted to an identity', sampleKeys(identity)],
];

describe.each(KINDS)('a set that is %s', (kind, keys) => {
  it('is refused with any region of any of its files changed', async () => {
    const set = await stored(keys);
    const codes: string[] = [];
    for (const [path, content] of objectsOf(set)) {
      for (const at of placesOf(content)) {
        const changed = Buffer.from(content);
        changed[at]! ^= 0x04;
        codes.push(await checkWith(set, (objects) => void objects.set(path, changed)));
      }
    }
    tell(`changed regions of a set ${kind}`, codes);
    expect(codes.filter((code) => !code.startsWith('BACKUP_'))).toStrictEqual([]);
    expect(await check(set)).toBe('whole');
  });

  it('is refused with any of its files cut off, at whatever point, or prolonged', async () => {
    const set = await stored(keys);
    const codes: string[] = [];
    for (const [path, content] of objectsOf(set)) {
      const cut = placesOf(content).map((at) => content.subarray(0, at));
      for (const each of [...cut, Buffer.concat([content, Buffer.from('\n')])]) {
        codes.push(await checkWith(set, (objects) => void objects.set(path, each)));
      }
    }
    tell(`cut off or prolonged files of a set ${kind}`, codes);
    // A manifest without its last line break, or with one more, is one that was changed.
    expect(count(codes)).toStrictEqual({ BACKUP_CORRUPT: codes.length - 2, BACKUP_UNTRUSTED: 2 });
  });

  it('is refused with any of its files missing, or two of them exchanged', async () => {
    const set = await stored(keys);
    const codes: string[] = [];
    const paths = [...set.store.objects.keys()];
    for (const path of paths) {
      codes.push(await checkWith(set, (objects) => void objects.delete(path)));
      for (const other of paths.filter((each) => each > path)) {
        const swap = (objects: Map<string, Buffer>): void => {
          const [one, two] = [objects.get(path)!, objects.get(other)!];
          objects.set(path, two).set(other, one);
        };
        codes.push(await checkWith(set, swap));
      }
    }
    tell(`missing or exchanged files of a set ${kind}`, codes);
    expect(count(codes)).toStrictEqual({ BACKUP_FILE_MISSING: 3, BACKUP_UNKNOWN: 1, BACKUP_CORRUPT: 6 });
  });

  it('is refused with any of its files taken from another set with the same keys', async () => {
    const [set, other] = [await stored(keys), await stored(keys)];
    const codes: string[] = [];
    for (const [path] of objectsOf(set)) {
      const theirs = other.store.objects.get(path.replace(set.id, other.id))!;
      // What compresses and encrypts to the same bytes is the same file: the roles of a set that is not encrypted.
      if (!theirs.equals(set.store.objects.get(path)!)) {
        codes.push(await checkWith(set, (objects) => void objects.set(path, theirs)));
      }
    }
    tell(`files of another set in a set ${kind}`, codes);
    expect(Object.keys(count(codes)).toSorted()).toStrictEqual(['BACKUP_CORRUPT', 'BACKUP_UNTRUSTED']);
  });
});

describe('a set', () => {
  it("with a passphrase is refused with its wrapped key changed, cut off, missing, or another set's", async () => {
    const keys = sampleKeys('correct horse battery');
    const [set, other] = [await stored(keys), await stored(keys)];
    const path = `${set.id}/key.age`;
    const wrapped = set.store.objects.get(path)!;
    const wrong = placesOf(wrapped).flatMap((at) => {
      const changed = Buffer.from(wrapped);
      changed[at]! ^= 0x04;
      return [changed, wrapped.subarray(0, at)];
    });
    const codes: string[] = [];
    for (const each of [...wrong, other.store.objects.get(`${other.id}/key.age`)!]) {
      codes.push(await checkWith(set, (objects) => void objects.set(path, each)));
    }
    codes.push(await checkWith(set, (objects) => void objects.delete(path)));
    tell('wrapped keys', codes);
    expect(count(codes)).toStrictEqual({ BACKUP_CORRUPT: codes.length - 1, BACKUP_FILE_MISSING: 1 });
    expect(await check(set)).toBe('whole');
  });

  it('is refused to every other key, and to none', async () => {
    const recipient = await identityToRecipient(identity);
    const none: BackupKeys = { key: undefined, signer: sampleSigner('this workspace') };
    const others = [sampleKeys('incorrect horse battery'), sampleKeys(await generateX25519Identity()), none];
    const codes: string[] = [];
    for (const keys of [sampleKeys('correct horse battery'), sampleKeys(identity)]) {
      const set = await stored(keys);
      for (const other of others) {
        // As it is, and by somebody who takes what nobody vouches for.
        codes.push(await check({ ...set, keys: other }));
        codes.push(await check({ ...set, keys: { ...other, acceptUnsigned: true } }));
        codes.push(await check({ ...set, keys: { ...other, signer: keys.signer } }));
      }
      const onlyRecipient = { ...sampleKeys(recipient), signer: keys.signer };
      codes.push(await check({ ...set, keys: onlyRecipient }));
    }
    tell('sets opened with another key', codes);
    expect(count(codes)).toStrictEqual({ BACKUP_KEY_WRONG: 12, BACKUP_KEY_MISSING: 8 });
  });

  it("of another family, or renamed, or with another's manifest, is refused", async () => {
    const keys = sampleKeys(identity);
    const foreign = await stored(sampleKeys(identity, 'others'), { family: 'others' });
    expect(await check({ ...foreign, keys })).toBe('BACKUP_FOREIGN');
    expect(await check({ ...foreign, keys: { ...keys, acceptUnsigned: true } })).toBe('BACKUP_FOREIGN');
    const set = await stored(keys);
    const id = 'backup-20301121T121500Z-4f1c2a9b';
    for (const [path, content] of objectsOf(set)) set.store.objects.set(path.replace(set.id, id), content);
    expect(await check({ ...set, id })).toBe('BACKUP_UNTRUSTED');
    for (const odd of ['../etc', '', 'backup-20301121T121500Z-4F1C2A9B', `${set.id}/people_db`, '*']) {
      expect(await check({ ...set, id: odd })).toBe('BACKUP_UNKNOWN');
    }
  });

  it('that was signed with a lost key is read by who accepts that, and its files are checked all the same', async () => {
    const set = await stored({ key: undefined, signer: sampleSigner('a lost workspace') });
    const keys = { key: undefined, signer: sampleSigner('this workspace') };
    expect(await check({ ...set, keys })).toBe('BACKUP_UNTRUSTED');
    const accepting: Stored = { ...set, keys: { ...keys, acceptUnsigned: true } };
    expect(await check(accepting)).toBe('whole');
    const path = [...set.store.objects.keys()].find((each) => each.endsWith('.zst'))!;
    const cut = set.store.objects.get(path)!.subarray(0, -1);
    expect(await checkWith(accepting, (objects) => void objects.set(path, cut))).toBe('BACKUP_CORRUPT');
  });
});
