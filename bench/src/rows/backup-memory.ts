import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBackupKey } from '../backup-key.ts';
import { fillFamily, type Share } from '../fixtures/filled-family.ts';
import { runRounds } from '../rounds.ts';
import type { Row, Samples } from '../row.ts';

const PEAK_MEMORY = fileURLToPath(new URL('../children/peak-memory.ts', import.meta.url));
/** The 250 MB. */
const MOST_MIB = 250_000_000 / 2 ** 20;
const SIZES: Readonly<Record<string, Share>> = { '200 MB': 0.1, '2 GB': 1 };

/** The most memory that the command's process ever held: what flows through it is never kept. */
export const backupMemory: Row = {
  name: 'backup-memory',
  title: 'memory of `backup create` and `backup verify --restore`, peak of the process',
  unit: 'MiB',
  comparisons: [
    { ours: 'create, 200 MB', bar: { atMost: MOST_MIB } },
    { ours: 'create, 2 GB', bar: { atMost: MOST_MIB } },
    { ours: 'verify --restore, 200 MB', bar: { atMost: MOST_MIB } },
    { ours: 'verify --restore, 2 GB', bar: { atMost: MOST_MIB } },
    { ours: 'create, 2 GB', peer: 'create, 200 MB' },
  ],
  run: async (environment) => {
    const key = await makeBackupKey(environment);
    const samples: Record<string, readonly number[]> = {};
    for (const [size, share] of Object.entries(SIZES)) {
      const { root } = await fillFamily(environment, share);
      const store = join(root, 'store');
      const peak = async (...parameters: string[]): Promise<number> => {
        const file = join(root, 'peak');
        const variables = {
          BACKUP_LOCAL: store,
          BACKUP_ENCRYPTION_KEY: key.identity,
          NODE_OPTIONS: `--import=${PEAK_MEMORY}`,
          PEAK_FILE: file,
        };
        await environment.run([environment.bin('atriz'), 'backup', ...parameters], { directory: root, variables });
        return Number(await readFile(file, 'utf8'));
      };
      const figures: Samples = await runRounds(
        {
          [`create, ${size}`]: async () => {
            await rm(store, { recursive: true, force: true });
            return peak('create');
          },
          [`verify --restore, ${size}`]: () => peak('verify', '--restore'),
        },
        { rounds: 2, onFigure: environment.onFigure },
      );
      Object.assign(samples, figures);
    }
    return samples;
  },
};
