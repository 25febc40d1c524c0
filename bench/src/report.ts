import type { Machine } from './machine.ts';
import type { Results } from './results.ts';
import type { Bar, Comparison, Limit, Row, Unit } from './row.ts';
import { median, meets, pairedRatio } from './statistics.ts';

const HEADINGS = ['what is done', 'ours', '', 'beside', '', 'ratio', 'bar', 'met', 'measured on'];

/** The table of all rows that were measured, the machine, and the notes that a person wrote. */
export function renderReport({ machine, rows: results }: Results, rows: readonly Row[], notes: string): string {
  const lines = rows.flatMap((row) => {
    const result = results[row.name];
    if (!result) return [];
    return row.comparisons.map((comparison, index) =>
      cells(index === 0 ? `${row.title} (\`${row.name}\`)` : '', row.unit, comparison, result),
    );
  });
  const table = [HEADINGS, HEADINGS.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`);
  return [
    '# Benchmarks',
    '<!-- Written by `pnpm bench`; the notes below are bench/notes.md. -->',
    'Each figure is the median of paired runs (A B A B …, after one warm-up); the ratio is the median of the pairs’ ratios.',
    describe(machine),
    table.join('\n'),
    notes.trim(),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function cells(
  title: string,
  unit: Unit,
  comparison: Comparison | Limit,
  { samples, date }: Results['rows'][string],
): readonly string[] {
  const mine = samples[comparison.ours] ?? [];
  const ours = [title, comparison.ours, figure(median(mine), unit)];
  if (!('peer' in comparison)) {
    const { bar } = comparison;
    return [...ours, '', '', '', barText(bar, (value) => figure(value, unit)), met(median(mine), bar), date];
  }
  const { peer, bar } = comparison;
  const theirs = samples[peer] ?? [];
  const ratio = pairedRatio(mine, theirs);
  return [
    ...ours,
    peer,
    figure(median(theirs), unit),
    ratio.toFixed(2),
    bar ? barText(bar, String) : 'reported',
    bar ? met(ratio, bar) : '',
    date,
  ];
}

function met(value: number, bar: Bar): string {
  return meets(value, bar) ? 'yes' : '**no**';
}

function barText(bar: Bar, format: (value: number) => string): string {
  return 'atMost' in bar ? `≤ ${format(bar.atMost)}` : `≥ ${format(bar.atLeast)}`;
}

function figure(value: number, unit: Unit): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '/s' ? `${text}/s` : `${text} ${unit}`;
}

function describe({ cpu, cores, memoryGiB, system, disk, node, postgresql, peers }: Machine): string {
  return [
    `- ${cpu}, ${cores} cores, ${memoryGiB} GiB of memory, ${disk}; ${system}`,
    `- Node ${node}; PostgreSQL ${postgresql}, durable as by default (fsync, synchronous_commit), its write-ahead log files made beforehand, autovacuum off; TCP on loopback, SCRAM password`,
    `- beside: psql and createdb ${postgresql}, ${peers}`,
  ].join('\n');
}
