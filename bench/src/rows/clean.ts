import { readFamily } from '@atriz/database/workspace';
import { cleanDatabase } from '@atriz/lifecycle';
import { makeWorkspace } from '../fixtures/workspace.ts';
import { openTarget } from '../fixtures/target.ts';
import { runRounds, timed } from '../rounds.ts';
import type { Row } from '../row.ts';

const DATABASE = 'bench_clean';
const TABLES = Array.from({ length: 100 }, (_, index) => `filled_${String(index + 1).padStart(3, '0')}`);
const ROWS_EACH = 1000;

/** The library's call connects, takes its locks, counts the rows and empties; psql's process connects and empties. */
export const clean: Row = {
  name: 'clean',
  title: 'empty 100 filled tables',
  unit: 'ms',
  comparisons: [
    { ours: 'cleanDatabase (call)', peer: 'one TRUNCATE by psql (process)', bar: { atMost: 1.15 } },
    { ours: 'atriz clean (process)', peer: 'one TRUNCATE by psql (process)' },
  ],
  run: async (environment) => {
    const { run, bin, programs, query } = environment;
    const { root } = await makeWorkspace(environment, DATABASE, [createTables()]);
    await environment.createDatabase(DATABASE);
    await run([bin('atriz'), 'migrate'], { directory: root });
    const { databases } = await readFamily(root);
    const target = await openTarget(environment, databases[0]!, root);
    const fill = () => query(DATABASE, TABLES.map(fillTable).join(';'), 'CHECKPOINT');
    const truncate = `TRUNCATE ${TABLES.join(', ')} RESTART IDENTITY CASCADE`;
    return runRounds(
      {
        'cleanDatabase (call)': async () => {
          await fill();
          return timed(() => cleanDatabase(target));
        },
        'one TRUNCATE by psql (process)': async () => {
          await fill();
          return (await run([programs.psql, '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', DATABASE, '-c', truncate]))
            .durationMs;
        },
        'atriz clean (process)': async () => {
          await fill();
          return (await run([bin('atriz'), 'clean', '--yes'], { directory: root })).durationMs;
        },
      },
      { rounds: 7, onFigure: environment.onFigure },
    );
  },
};

/** Each with an identity, an index and a key into the table before it, as tables have. */
function createTables() {
  const statements = TABLES.map((table, index) => {
    const parent = TABLES[Math.max(0, index - 1)];
    return `
CREATE TABLE ${table} (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT ${table}_pkey PRIMARY KEY,
  parent_id bigint CONSTRAINT ${table}_parent_id_fkey REFERENCES ${parent} (id),
  name text NOT NULL
);
CREATE INDEX ${table}_parent_id_idx ON ${table} (parent_id);`;
  });
  return { name: '1700000000000_create_tables', up: statements.join('\n'), down: `DROP TABLE ${TABLES.join(', ')};` };
}

function fillTable(table: string): string {
  return `INSERT INTO ${table} (name) SELECT 'a name of some length ' || n FROM generate_series(1, ${ROWS_EACH}) AS n`;
}
