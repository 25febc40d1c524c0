import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createEnvironment, type Environment } from './src/environment.ts';
import { describeMachine } from './src/machine.ts';
import { findPrograms } from './src/programs.ts';
import { renderReport } from './src/report.ts';
import { readResults, writeResults, type Results } from './src/results.ts';
import type { Row } from './src/row.ts';
import { ROWS } from './src/rows.ts';
import { startServer } from './src/server.ts';

const USAGE = `pnpm bench [NAME …]   measures the rows whose name contains a NAME, or all, and writes bench/results.md
pnpm bench --table    writes bench/results.md anew from the figures of bench/results.json
rows: ${ROWS.map(({ name }) => name).join(', ')}`;

const directory = dirname(fileURLToPath(import.meta.url));
const files = {
  figures: join(directory, 'results.json'),
  notes: join(directory, 'notes.md'),
  report: join(directory, 'results.md'),
};
// A reader that goes away (`| head`) ends the output, not the measurement, which would leave its server behind.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const { positionals: names, values: options } = parseArgs({
  allowPositionals: true,
  options: { table: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const rows = ROWS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));

if (options.help || rows.length === 0) {
  console.log(USAGE);
  process.exitCode = options.help ? 0 : 2;
} else {
  if (!options.table) await measure(rows);
  await writeReport();
}

async function measure(wanted: readonly Row[]): Promise<void> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'atriz-bench-')));
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => interruption.abort(new Error(`stopped by ${signal}`)));
  }
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  interruption.signal.addEventListener('abort', () => reject(interruption.signal.reason));
  try {
    const programs = await findPrograms(process.env);
    await using server = await startServer(programs, scratch);
    const machine = await describeMachine(scratch, server.version);
    const environment = createEnvironment({
      server,
      programs,
      workspace: dirname(directory),
      scratch,
      ambient: definedVariables(),
      onFigure: (contestant, round, figure) =>
        console.log(`  ${round || 'warm-up'}  ${contestant}: ${figure.toFixed(1)}`),
    });
    await Promise.race([interrupted, measureRows(wanted, environment, machine)]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function measureRows(
  wanted: readonly Row[],
  environment: Environment,
  machine: Results['machine'],
): Promise<void> {
  for (const row of wanted) {
    console.log(`${row.name}: ${row.title}`);
    const samples = await row.run(environment);
    const date = new Date().toISOString().slice(0, 10);
    const before = await readResults(files.figures);
    await writeResults(files.figures, { machine, rows: { ...before?.rows, [row.name]: { date, samples } } });
  }
}

function definedVariables(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

async function writeReport(): Promise<void> {
  const results = await readResults(files.figures);
  if (!results) throw new Error('nothing was measured yet');
  const notes = await readFile(files.notes, 'utf8').catch(() => '');
  await writeFile(files.report, renderReport(results, ROWS, notes));
  console.log(await readFile(files.report, 'utf8'));
}
