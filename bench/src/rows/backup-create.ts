import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeBackupKey } from '../backup-key.ts';
import { databasesOf } from '../fixtures/family.ts';
import { fillFamily } from '../fixtures/filled-family.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const OURS = 'atriz backup create';
const PEER = 'pg_dump -Fc -Z0 to zstd to age, a database after the other';

/**
 * From the first process to the last byte. Ours also takes one snapshot of all four, counts and hashes every row, sums,
 * waits for the disk and signs; the pipeline does none of that.
 */
export const backupCreate: Row = {
  name: 'backup-create',
  title: '`backup create` of a family of 2 GB, compressed and encrypted to an age key, into a folder',
  unit: 'ms',
  comparisons: [{ ours: OURS, peer: PEER, bar: { atMost: 1.15 } }],
  run: async (environment) => {
    const { run, programs, makeDirectory } = environment;
    const family = await fillFamily(environment, 1);
    const key = await makeBackupKey(environment);
    const directory = await makeDirectory('backup_create');
    const atriz = environment.bin('atriz');
    const store = join(directory, 'store');
    const variables = { BACKUP_LOCAL: store, BACKUP_ENCRYPTION_KEY: key.identity };
    const pipeline = databasesOf(family).map(
      (name) => `"${programs.pgDump}" -Fc -Z0 ${name} | zstd -q | age -r ${key.recipient} -o ${name}.dump.zst.age`,
    );
    return runRounds(
      {
        [OURS]: async () => {
          await rm(store, { recursive: true, force: true });
          return (await run([atriz, 'backup', 'create'], { directory: family.root, variables })).durationMs;
        },
        [PEER]: async () => {
          const script = ['set -eo pipefail', 'rm -f *.age', ...pipeline].join('\n');
          return (await run(['bash', '-c', script], { directory })).durationMs;
        },
      },
      { rounds: 3, onFigure: environment.onFigure },
    );
  },
};
