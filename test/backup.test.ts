import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyFamily, type FamilyCopy } from './harness/family-copy.ts';

/** A family is set up, backed up and restored. */
const PATIENCE_MS = 180_000;

const DATABASES = ['atriz_shared', 'atriz_db', 'mextrack_db', 'pshop_db'];

let copy: FamilyCopy;
beforeAll(async () => {
  copy = await copyFamily();
  await copy.atriz(['setup']);
}, PATIENCE_MS);
afterAll(() => copy[Symbol.asyncDispose]());

test.for([
  ['without a key', {}],
  ['encrypted', { BACKUP_ENCRYPTION_KEY: 'a passphrase for tests only' }],
] as const)(
  'on the embedded server, %s, a set is made, proven by a restore, listed and shown, with nothing installed',
  { timeout: PATIENCE_MS },
  async ([, key]) => {
    const env = { ...key };
    const created = await copy.atriz(['backup', 'create'], { env });
    expect(created).toMatchObject({ code: 0 });
    const id = /backup-\d{8}T\d{6}Z-[0-9a-f]{8}/.exec(created.stdout)![0];
    expect(created.stdout).toContain(
      `backing up ${DATABASES.join(', ')}: as the whole server, at one snapshot, ${'BACKUP_ENCRYPTION_KEY' in key ? 'encrypted' : 'not encrypted'}`,
    );
    expect(created.stdout).toContain('next prove it: atriz backup verify --restore\n');
    expect(created.stdout.includes('without BACKUP_ENCRYPTION_KEY nobody can read it')).toBe(
      'BACKUP_ENCRYPTION_KEY' in key,
    );

    const verified = await copy.atriz(['backup', 'verify', '--restore', '--json'], { env });
    expect(verified).toMatchObject({ code: 0 });
    const report = JSON.parse(verified.stdout) as Report;
    expect(report).toMatchObject({ set: id, method: 'restore', proven: true, damages: [], problems: [] });
    expect(report.restored.databases.map(({ name, differences }) => [name, differences])).toEqual(
      DATABASES.map((name) => [name, []]),
    );
    expect(report.restored.references.map(({ orphanRows }) => orphanRows)).toEqual(Array.from({ length: 11 }, () => 0));

    const listed = await copy.atriz(['backup', 'list', '--json'], { env });
    const [newest] = (JSON.parse(listed.stdout) as { readonly sets: readonly unknown[] }).sets;
    expect(newest).toMatchObject({
      set: id,
      complete: true,
      engine: 'physical',
      consistency: 'snapshot',
      proven: true,
      databases: DATABASES,
    });
    const table = await copy.atriz(['backup', 'list'], { env });
    expect(table.stdout).toMatch(
      new RegExp(`^SET .*PROVEN\n${id}  just now .* physical .* snapshot .* folder .* just now, in `),
    );
    const shown = await copy.atriz(['backup', 'show', id], { env });
    expect(shown.stdout).toMatch(/^mextrack_db .* 13 +\d+_note_geofence_events$/m);
    expect(await copy.atriz(['status'], { env })).toMatchObject({ code: 0 });
  },
);

interface Report {
  readonly restored: {
    readonly databases: readonly { readonly name: string; readonly differences: readonly unknown[] }[];
    readonly references: readonly { readonly orphanRows: number }[];
  };
}
