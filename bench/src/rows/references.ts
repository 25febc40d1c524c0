import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../environment.ts';
import { makeReferring, ORPHANS, type Referring } from '../fixtures/references.ts';
import { runRounds } from '../rounds.ts';
import type { Row } from '../row.ts';

const KEYS = 10_000_000;
const FEW_KEYS = 1_000_000;
/** The 200 MB. */
const MOST_MIB = 200_000_000 / 2 ** 20;
const COPIES = 'bench_references_copies';
const PEAK_MEMORY = fileURLToPath(new URL('../children/peak-memory.ts', import.meta.url));

const OURS = 'atriz references check (process)';
const PEER = 'psql: both key lists copied into one database, and joined';

/** From the first process to the last answer; what is copied is made anew each time. */
export const references: Row = {
  name: 'references',
  title: '`references check` of 10,000,000 keys on each side, five of them orphans',
  unit: 'ms',
  comparisons: [{ ours: OURS, peer: PEER, bar: { atMost: 1.5 } }],
  run: async (environment) => {
    const referring = await makeReferring(environment, KEYS);
    await environment.createDatabase(COPIES);
    return runRounds(
      {
        [OURS]: async () => (await check(environment, referring)).durationMs,
        [PEER]: () => copyAndJoin(environment, referring),
      },
      { rounds: 2, onFigure: environment.onFigure },
    );
  },
};

/** The most memory that the command's process ever held. */
export const referencesMemory: Row = {
  name: 'keys-memory',
  title: 'memory of `references check`, peak of the process',
  unit: 'MiB',
  comparisons: [
    { ours: '10,000,000 keys', peer: '200 MB', bar: { atMost: 1 } },
    { ours: '10,000,000 keys', peer: '1,000,000 keys' },
  ],
  run: async (environment) => {
    const many = await makeReferring(environment, KEYS);
    const few = await makeReferring(environment, FEW_KEYS);
    return runRounds(
      {
        '10,000,000 keys': async () => (await check(environment, many)).peakMiB,
        '1,000,000 keys': async () => (await check(environment, few)).peakMiB,
        '200 MB': async () => MOST_MIB,
      },
      { rounds: 2, onFigure: environment.onFigure },
    );
  },
};

/** Orphans are exit code 3: `sh` turns that into success, and the document says whether they are the right ones. */
async function check(environment: Environment, { root }: Referring) {
  const file = join(root, 'peak');
  const command = ['sh', '-c', '"$0" references check --json || test $? = 3', environment.bin('atriz')] as const;
  const variables = { NODE_OPTIONS: `--import=${PEAK_MEMORY}`, PEAK_FILE: file };
  const { stdout, durationMs } = await environment.run(command, { directory: root, variables });
  const { references } = JSON.parse(stdout) as { references: { keys?: number; orphanKeys?: number }[] };
  if (references[0]?.orphanKeys !== ORPHANS) throw new Error(`not ${ORPHANS} orphans: ${stdout}`);
  return { durationMs, peakMiB: Number(await readFile(file, 'utf8')) };
}

/** As fast as psql can: text through a pipe into tables without write-ahead log. */
async function copyAndJoin({ run, programs, query }: Environment, { users, vehicles }: Referring): Promise<number> {
  await query(COPIES, 'DROP TABLE IF EXISTS users, vehicles', 'CHECKPOINT');
  const psql = `"${programs.psql}" -Xq -v ON_ERROR_STOP=1 -d`;
  const script = `set -e
${psql} ${COPIES} -c 'CREATE UNLOGGED TABLE users (key uuid)' -c 'CREATE UNLOGGED TABLE vehicles (key uuid)'
${psql} ${users} -c '\\copy users (id) TO STDOUT' | ${psql} ${COPIES} -c '\\copy users FROM STDIN'
${psql} ${vehicles} -c '\\copy (SELECT DISTINCT user_id FROM vehicles WHERE user_id IS NOT NULL) TO STDOUT' |
  ${psql} ${COPIES} -c '\\copy vehicles FROM STDIN'
${psql} ${COPIES} -At -c 'SELECT count(*) FROM vehicles WHERE NOT EXISTS (SELECT FROM users WHERE users.key = vehicles.key)'`;
  const { stdout, durationMs } = await run(['sh', '-c', script]);
  if (Number(stdout) !== ORPHANS) throw new Error(`psql found ${stdout} orphans, not ${ORPHANS}`);
  return durationMs;
}
