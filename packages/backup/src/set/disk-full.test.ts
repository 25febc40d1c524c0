import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HAS_DEBIAN_SERVER, startDebianServer } from '../../test/debian-server.ts';
import { openTestFamily } from '../../test/family.ts';
import { createSet } from './create.ts';

/** Root may mount, where the machine lets it. */
const CAN_MOUNT = (() => {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', tmpdir()], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
})();

describe.runIf(CAN_MOUNT && HAS_DEBIAN_SERVER)('on a disk of four megabytes', () => {
  test('a set that does not fit is DISK_FULL, and nothing of it is left; a smaller one fits then', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'atriz-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]);
    await using server = await startDebianServer();
    try {
      const variables = { BACKUP_LOCAL: directory, BACKUP_ENCRYPTION_KEY: 'a passphrase for tests only' };
      await using family = await openTestFamily({ server: server.parameters, people: 10, variables });
      const { workspace, names } = family;
      const create = (databases: readonly string[]) =>
        createSet(workspace, { databases, purpose: 'manual', runId: '3b2f4c1e-9d0a-4c57-8f5e-0a1b2c3d4e5f' });
      await family.query(
        names.people,
        `INSERT INTO people (name, photo) SELECT 'big', decode(string_agg(md5(random()::text), ''), 'hex') FROM generate_series(1, 400000)`,
      );
      await expect(create([names.people, names.shops])).rejects.toMatchObject({ code: 'DISK_FULL' });
      const left = await readdir(directory, { recursive: true, withFileTypes: true });
      expect(left.filter((entry) => entry.isFile())).toEqual([]);
      const { stores } = await create([names.shops]);
      expect(stores.map(({ place }) => place)).toEqual([directory]);
    } finally {
      execFileSync('umount', [directory]);
      await rm(directory, { recursive: true });
    }
  });
});
