import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleManifest, sampleSigner } from '../../test/sample-set.ts';
import { toCanonicalJson } from './canonical.ts';
import type { Manifest } from './manifest.ts';
import { parseManifest, type ParseManifestOptions } from './parse.ts';
import { signDocument } from './signed-document.ts';

const signer = sampleSigner('the key of this workspace');
const file: Manifest['files'][number] = {
  path: 'people_db/rows.zst',
  kind: 'data',
  database: 'people_db',
  server: 0,
  bytes: 1000,
  sha256: 'b'.repeat(64),
  plainBytes: 4000,
};
const manifest = sampleManifest({ files: [file] });
const { text, sha256 } = await signDocument('manifest', manifest, signer);

function parse(bytes: Uint8Array | string, options: Partial<ParseManifestOptions> = {}): Manifest {
  const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return parseManifest(content, { id: manifest.id, name: 'it', signer, acceptUnsigned: false, ...options }).manifest;
}

async function signed(changes: Partial<Record<keyof Manifest, unknown>>): Promise<string> {
  return (await signDocument('manifest', { ...manifest, ...changes }, signer)).text;
}

function codeOf(work: () => unknown): unknown {
  try {
    work();
    return 'accepted';
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe('a manifest', () => {
  it('is read as it was written, and names itself by the sum of what was signed', () => {
    const parsed = parseManifest(Buffer.from(text), { id: manifest.id, name: 'it', signer, acceptUnsigned: false });
    expect(parsed).toStrictEqual({ manifest, sha256 });
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is refused with any single byte changed', () => {
    const bytes = Buffer.from(text);
    const codes = new Map<unknown, number>();
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at % 7);
      const code = codeOf(() => parse(changed));
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(codes.has('accepted')).toBe(false);
    const refusals = new Set([
      'BACKUP_UNTRUSTED',
      'BACKUP_CORRUPT',
      'BACKUP_FOREIGN',
      'BACKUP_VERSION',
      'BACKUP_KEY_MISSING',
    ]);
    expect([...codes.keys()].filter((code) => !refusals.has(String(code)))).toStrictEqual([]);
    console.info(`changed bytes of a manifest: ${bytes.length} of ${bytes.length} refused`);
  });

  it('is refused with any of its values changed, added or left out', () => {
    const places = leavesOf(manifest);
    for (const place of places) {
      for (const change of [edit, remove, add]) {
        const envelope = JSON.parse(text) as { manifest: Record<string, unknown> };
        change(envelope.manifest, place);
        expect(codeOf(() => parse(`${toCanonicalJson(envelope)}\n`))).toMatch(/^BACKUP_(?:UNTRUSTED|FOREIGN|VERSION)$/);
      }
    }
    console.info(`edited values of a manifest: ${places.length * 3} of ${places.length * 3} refused`);
    expect(places.length).toBeGreaterThan(80);
  });

  it('is refused with whatever else in place of any part of it', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(40), fc.string({ maxLength: 40 }), (at, length, other) => {
        const changed = text.slice(0, at) + other + text.slice(at + length);
        fc.pre(changed !== text);
        expect(codeOf(() => parse(changed))).toMatch(/^BACKUP_/);
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused in another wording of the same: every byte counts', () => {
    const envelope = JSON.parse(text) as object;
    for (const wording of [
      JSON.stringify(envelope),
      text.trimEnd(),
      ` ${text}`,
      `\uFEFF${text}`,
      text.replace('100', '1e2'),
    ]) {
      expect(codeOf(() => parse(wording))).toMatch(/^BACKUP_(?:UNTRUSTED|CORRUPT)$/);
    }
  });

  it('is refused when it was signed with a key that is not here, unless that is accepted', async () => {
    const stranger = sampleSigner('a key of somebody else');
    const foreign = (await signDocument('manifest', manifest, stranger)).text;
    expect(codeOf(() => parse(foreign))).toBe('BACKUP_UNTRUSTED');
    expect(parse(foreign, { acceptUnsigned: true })).toStrictEqual(manifest);
    const forged = text.replace('"logical"', '"physical"');
    expect(codeOf(() => parse(forged, { acceptUnsigned: true }))).toBe('BACKUP_UNTRUSTED');
  });

  it.each([
    ['passphrase', 'file', 'BACKUP_KEY_MISSING'],
    ['identity', 'file', 'BACKUP_KEY_MISSING'],
    ['passphrase', 'passphrase', 'BACKUP_KEY_WRONG'],
    ['identity', 'passphrase', 'BACKUP_KEY_WRONG'],
    ['variable', 'passphrase', 'BACKUP_UNTRUSTED'],
    ['file', 'variable', 'BACKUP_UNTRUSTED'],
  ] as const)('signed by a %s, where a %s is at hand, says %s', async (source, own, code) => {
    const other = (await signDocument('manifest', manifest, sampleSigner('theirs', { source }))).text;
    expect(codeOf(() => parse(other, { signer: sampleSigner('ours', { source: own }) }))).toBe(code);
  });

  it('of another family is refused, whoever signed it', async () => {
    const other = sampleSigner('the key of this workspace', { family: 'others' });
    const foreign = (await signDocument('manifest', { ...manifest, family: 'others' }, other)).text;
    expect(codeOf(() => parse(foreign))).toBe('BACKUP_FOREIGN');
    expect(codeOf(() => parse(foreign, { acceptUnsigned: true }))).toBe('BACKUP_FOREIGN');
  });

  it('of a later format is refused by that, also where its signature is another', async () => {
    expect(codeOf(() => parse(`{"manifest":{"format":2},"signature":"new"}`))).toBe('BACKUP_VERSION');
    const later = await signed({ format: 2, more: true } as object);
    expect(codeOf(() => parse(later))).toBe('BACKUP_VERSION');
  });

  it('is of the folder that it lies in', () => {
    expect(codeOf(() => parse(text, { id: 'backup-20261121T121500Z-00000000' }))).toBe('BACKUP_UNTRUSTED');
  });

  it.each([
    ['out of the set', { path: '../other/rows' }],
    ['out of the store', { path: '/etc/passwd' }],
    ['nothing', { path: '' }],
    ['with an odd part', { path: 'people_db/../../x' }],
    ['of a database that is not there', { database: 'other_db' }],
    ['of a server that is not there', { server: 1 }],
    ['with a sum that is none', { sha256: 'x' }],
    ['smaller than nothing', { bytes: -1 }],
    ['of no kind', { kind: 'script' }],
  ])('names no file %s, although the signature is right', async (_, change) => {
    const wrong = await signed({ files: [{ ...file, ...change }] });
    expect(codeOf(() => parse(wrong))).toBe('BACKUP_CORRUPT');
  });

  it.each([
    ['a file', { files: [file, file] }],
    ['a database', { databases: [manifest.databases[0], manifest.databases[0]] }],
  ])('does not name %s twice', async (_, change) => {
    const wrong = await signed(change);
    expect(codeOf(() => parse(wrong))).toBe('BACKUP_CORRUPT');
  });

  it.each(['', '{}', 'null', '[]', '{"manifest":{}}', 'backup', '\u0000', '{"manifest":null,"signature":null}'])(
    'is not %o',
    (rubbish) => {
      expect(codeOf(() => parse(rubbish))).toBe('BACKUP_CORRUPT');
    },
  );
});

type Place = readonly (string | number)[];

/** Where the values are that are no object: each path from the top. */
function leavesOf(value: unknown, path: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  if (entries.length === 0) return [path];
  return entries.flatMap(([name, each]) => leavesOf(each, [...path, name as string | number]));
}

function holderOf(value: unknown, place: Place): Record<string | number, unknown> {
  return place.slice(0, -1).reduce((each, name) => (each as Record<string | number, unknown>)[name], value) as Record<
    string | number,
    unknown
  >;
}

function edit(value: object, place: Place): void {
  const holder = holderOf(value, place);
  const name = place.at(-1)!;
  const old = holder[name];
  if (typeof old === 'number') holder[name] = old + 1;
  else if (typeof old === 'boolean') holder[name] = !old;
  else holder[name] = typeof old === 'string' ? `${old}0` : 'something';
}

function remove(value: object, place: Place): void {
  delete holderOf(value, place)[place.at(-1)!];
}

function add(value: object, place: Place): void {
  const holder = holderOf(value, place);
  if (Array.isArray(holder)) holder.push('more');
  else holder['more'] = 'more';
}
