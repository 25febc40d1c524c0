import { join } from 'node:path';
import { makeBackupKey } from '../backup-key.ts';
import type { Environment } from '../environment.ts';
import { databasesOf } from '../fixtures/family.ts';
import { fillFamily } from '../fixtures/filled-family.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const OURS = 'atriz backup restore, to new names';
const PROOF = 'atriz backup verify --restore';
const PEER = 'createdb and pg_restore -j2 of plain files, a database after the other';

/**
 * From the first process to the last. Ours reads the set twice (its checksums come first), decrypts, and compares every
 * row with the manifest; pg_restore gets files that are neither compressed nor encrypted, and compares nothing.
 */
export const backupRestore: Row = {
  name: 'backup-restore',
  title: 'restore of a family of 2 GB',
  unit: 'ms',
  comparisons: [
    { ours: OURS, peer: PEER, bar: { atMost: 1.15 } },
    { ours: PROOF, peer: PEER },
  ],
  run: async (environment) => {
    const { run, programs, makeDirectory } = environment;
    const family = await fillFamily(environment, 1);
    const key = await makeBackupKey(environment);
    const directory = await makeDirectory('backup_restore');
    const names = databasesOf(family);
    const atriz = async (...parameters: string[]): Promise<number> => {
      const variables = { BACKUP_LOCAL: join(directory, 'store'), BACKUP_ENCRYPTION_KEY: key.identity };
      const options = { directory: family.root, variables };
      return (await run([environment.bin('atriz'), 'backup', ...parameters], options)).durationMs;
    };
    await atriz('create');
    for (const name of names) await run([programs.pgDump, '-Fc', '-Z0', '-f', join(directory, name), name]);
    return runRounds(
      {
        [OURS]: async () => {
          await clearAway(environment, names, '_restored');
          return atriz('restore', '--as-suffix', '_restored');
        },
        [PROOF]: () => atriz('verify', '--restore'),
        [PEER]: async () => {
          await clearAway(environment, names, '_peer');
          const lines = names.flatMap((name) => [
            `"${programs.createdb}" ${name}_peer`,
            `"${programs.pgRestore}" -j2 -d ${name}_peer ${name}`,
          ]);
          return (await run(['bash', '-c', ['set -e', ...lines].join('\n')], { directory })).durationMs;
        },
      },
      { rounds: 2, onFigure: environment.onFigure },
    );
  },
};

async function clearAway(
  { query, readDatabases }: Environment,
  names: readonly string[],
  suffix: string,
): Promise<void> {
  const existing = await readDatabases();
  const made = names.map((name) => `${name}${suffix}`).filter((name) => existing.includes(name));
  await query('postgres', ...made.map((name) => `DROP DATABASE ${name}`), 'CHECKPOINT');
}
