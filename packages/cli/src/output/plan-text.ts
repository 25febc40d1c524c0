import {
  DEFAULT_LOCK_TIMEOUT_MS,
  type FamilyPlan,
  type PlannedDatabase,
  type PlannedMigration,
  type PlannedStatement,
} from '@atriz/lifecycle/plan';
import { alignColumns, formatDuration, paint, plural, type Cell, type Stream } from './terminal.ts';

/** A plan as a person reads it: how the databases stand, what would run in which order, and what stands in the way. */
export function describePlan(stream: Stream, { databases, migrations }: FamilyPlan): string[] {
  const lines = alignColumns(stream, databases.map(cellsOf));
  const digits = String(migrations.length).length;
  for (const [index, migration] of migrations.entries()) {
    const previous = migrations[index - 1];
    if (previous?.database !== migration.database || !migration.after.includes(previous.number)) {
      lines.push('', headingOf(stream, migration));
    }
    lines.push(...describeMigration(stream, migration, digits));
  }
  const problems = databases.flatMap(({ name, problems }) => problems.map((problem) => ({ name, ...problem })));
  if (problems.length > 0) lines.push('');
  for (const { name, code, message } of problems) lines.push(`${name}: ${paint(stream, 'red', code)} ${message}`);
  for (const hint of new Set(problems.flatMap(({ hint }) => hint ?? []))) {
    lines.push(`${paint(stream, 'cyan', 'hint')} ${hint}`);
  }
  const count = migrations.length === 0 ? 'nothing to apply' : `${plural(migrations.length, 'migration')} to apply`;
  lines.push('', paint(stream, 'dim', `${count}; nothing was changed`));
  return lines;
}

function cellsOf({ name, reachable, exists, applied, pending, problems }: PlannedDatabase): Cell[] {
  const [problem] = problems;
  const state = pending.length > 0 ? `${pending.length} to apply` : 'up to date';
  return [
    { text: name, style: 'bold' },
    { text: reachable ? `${applied} applied` : '-' },
    { text: reachable ? state : '-', ...(pending.length > 0 ? { style: 'yellow' as const } : {}) },
    problem ? { text: problem.code, style: 'red' } : { text: exists ? '' : 'does not exist yet' },
  ];
}

/** A new stretch: whatever it does not wait for may run at the same time. */
function headingOf(stream: Stream, { database, after }: PlannedMigration): string {
  const wait = after.length > 0 ? paint(stream, 'dim', `, after ${after.join(' and ')}`) : '';
  return `${paint(stream, 'bold', database)}${wait}`;
}

function describeMigration(stream: Stream, migration: PlannedMigration, digits: number): string[] {
  const { number, name, transaction, lockTimeoutMs, requires, statements, findings } = migration;
  const indent = ' '.repeat(digits + 6);
  const usualTimeoutMs = transaction ? DEFAULT_LOCK_TIMEOUT_MS : 0;
  const notes = [
    transaction ? '' : 'without a transaction, statement by statement',
    lockTimeoutMs === usualTimeoutMs ? '' : `waits for locks ${describeTimeout(lockTimeoutMs)}`,
    ...requires.map(
      ({ database, migration: other, state }) =>
        `requires ${database}@${other}${state === 'applied' || state === 'planned' ? '' : `, which is ${state}`}`,
    ),
  ].filter(Boolean);
  return [
    `  ${String(number).padStart(digits)}  ${name}`,
    ...notes.map((note) => `${indent}${paint(stream, 'dim', note)}`),
    ...alignColumns(stream, groupStatements(statements).map(cellsOfStatement)).map((line) => `${indent}${line}`),
    ...findings.map(
      ({ level, line, message, rule }) =>
        `${indent}${paint(stream, level === 'error' ? 'red' : 'yellow', level)} line ${line}: ${message} (${rule})`,
    ),
  ];
}

function describeTimeout(ms: number): string {
  return ms === 0 ? 'without end' : `${formatDuration(ms)} at most`;
}

interface Group {
  readonly statement: PlannedStatement;
  count: number;
}

/** Neighbours that are the same to a reader count as one line. */
function groupStatements(statements: readonly PlannedStatement[]): Group[] {
  const groups: Group[] = [];
  for (const statement of statements) {
    const last = groups.at(-1);
    if (last && sameToReader(last.statement, statement)) last.count += 1;
    else groups.push({ statement, count: 1 });
  }
  return groups;
}

function sameToReader(a: PlannedStatement, b: PlannedStatement): boolean {
  return a.kind === b.kind && JSON.stringify(a.locks) === JSON.stringify(b.locks);
}

function cellsOfStatement({ statement: { kind, locks }, count }: Group): Cell[] {
  const text = locks.map(({ relation, mode }) => `${mode} on ${relation}`).join(', ');
  const stops = locks.some(({ mode }) => mode === 'ACCESS EXCLUSIVE');
  return [
    { text: count > 1 ? `${kind} ×${count}` : kind },
    { text, ...(stops ? { style: 'yellow' as const } : { style: 'dim' as const }) },
  ];
}
