import { readStatus, runOverFamily, type DatabaseStatus, type ReferenceStatus } from '@atriz/lifecycle';
import { EXIT, exitCodeOf } from '../exit-code.ts';
import { errorDocument } from '../family-command.ts';
import { fleetCells, troubled } from '../fleet/status-table.ts';
import type { FleetStatus } from '../fleet/fleet-status.ts';
import type { Invocation } from '../invocation.ts';
import { alignColumns, paint, plural, type Cell } from '../output/terminal.ts';

const HEADINGS = ['DATABASE', 'OWNER', 'PROVIDER', 'APPLIED', 'PENDING', 'STATE'];

/** Shows the family's state; the exit code tells whether a database has a problem. Pending migrations are none. */
export async function showStatus(invocation: Invocation): Promise<number> {
  const { reporter, options } = invocation;
  const statuses = options.instance === undefined ? await readStatuses(invocation) : [];
  const fleets = await readFleets(invocation);
  if (options.json) {
    reporter.json({ databases: toDocuments(invocation, statuses, fleets) });
  } else {
    const { stdout } = reporter;
    const headings = HEADINGS.map((text): Cell => ({ text, style: 'dim' }));
    const rows = invocation.databases.flatMap(({ name }) => [
      ...statuses.filter((each) => each.name === name).map(cellsOf),
      ...fleets.filter(({ database }) => database.name === name).flatMap((fleet) => fleetCells(fleet, options)),
    ]);
    for (const line of alignColumns(stdout, [headings, ...rows])) reporter.line(line);
    const told = [...statuses, ...fleets.flatMap((fleet) => troubled(fleet, options))];
    for (const { name, problems } of told) {
      for (const { code, message } of problems) reporter.line(`${name}: ${paint(stdout, 'red', code)} ${message}`);
    }
    for (const { name, references = [] } of statuses) {
      const line = describeReferences(references);
      if (line) reporter.line(`${name}: ${line}`);
    }
    // What ails the server ails all its databases, and the remedy is one.
    const hints = new Set(told.flatMap(({ problems }) => problems.flatMap(({ hint }) => hint ?? [])));
    for (const hint of hints) reporter.line(`${paint(stdout, 'cyan', 'hint')} ${hint}`);
  }
  const [problem] = [...statuses, ...fleets, ...fleets.flatMap(({ instances }) => instances)].flatMap(
    ({ problems }) => problems,
  );
  return problem ? exitCodeOf(problem.code) : EXIT.done;
}

/** What is about instances is loaded only where a definition has some. */
async function readFleets(invocation: Invocation): Promise<readonly FleetStatus[]> {
  const { databases, options } = invocation;
  if (options.instance === undefined && databases.every(({ instances }) => instances === undefined)) return [];
  const { readFleetStatuses } = await import('../fleet/fleet-status.ts');
  return readFleetStatuses(invocation);
}

function toDocuments(
  { databases }: Invocation,
  statuses: readonly DatabaseStatus[],
  fleets: readonly FleetStatus[],
): object[] {
  return databases.flatMap(({ name, owner }) => {
    const status = statuses.find((each) => each.name === name);
    const fleet = fleets.find(({ database }) => database.name === name);
    if (!status && !fleet) return [];
    const { instances, problems = [] } = fleet ?? {};
    const all = [...(status?.problems ?? []), ...problems];
    return [{ ...(status ?? { name, owner }), problems: all, ...(instances ? { instances } : {}) }];
  });
}

/** All at once: a status needs no order. A database whose connection cannot even be decided has that as its problem. */
async function readStatuses(invocation: Invocation): Promise<DatabaseStatus[]> {
  const independent = invocation.databases.map((database) => ({ ...database, dependsOn: [] }));
  const outcomes = await runOverFamily(independent, async (database) =>
    readStatus(await invocation.open(database), invocation.contextFor(database)),
  );
  return outcomes.map((outcome): DatabaseStatus => {
    if (outcome.status === 'done') return outcome.result;
    const { name, owner } = outcome.database;
    const problems =
      outcome.status === 'failed' ? [errorDocument(outcome.error) as DatabaseStatus['problems'][number]] : [];
    return { name, owner, provider: 'unknown', reachable: false, applied: 0, pending: [], problems };
  });
}

function cellsOf({ name, owner, provider, reachable, applied, pending, problems }: DatabaseStatus): Cell[] {
  return [
    { text: name, style: 'bold' },
    { text: owner },
    { text: provider },
    { text: reachable ? String(applied) : '-' },
    { text: reachable ? String(pending.length) : '-', ...(pending.length > 0 ? { style: 'yellow' as const } : {}) },
    stateOf(reachable, pending.length, problems[0]?.code),
  ];
}

function stateOf(reachable: boolean, pending: number, problem: string | undefined): Cell {
  if (problem) return { text: problem, style: 'red' };
  if (!reachable) return { text: 'unreachable', style: 'red' };
  return pending > 0 ? { text: 'pending', style: 'yellow' } : { text: 'up to date', style: 'green' };
}

/** Nothing before the first check; orphans have a line of their own, as a problem. */
function describeReferences(references: readonly ReferenceStatus[]): string | undefined {
  const times = references.flatMap(({ checkedAt }) => checkedAt ?? []);
  if (times.length === 0) return undefined;
  const oldest = times.reduce((one, other) => (one < other ? one : other));
  const unchecked = references.length - times.length;
  const when = oldest.toISOString().slice(0, 16).replace('T', ' ');
  return `${plural(times.length, 'reference')} checked, the longest ago at ${when} UTC${unchecked > 0 ? `; ${unchecked} never` : ''}`;
}
