import { readRuns, runOverFamily, type PastRun } from '@atriz/lifecycle';
import { EXIT, exitCodeOfError } from '../exit-code.ts';
import { errorDocument } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { alignColumns, formatDuration, plural, type Cell } from '../output/terminal.ts';

export interface HistoryOptions {
  readonly count: number;
}

interface Entry extends PastRun {
  readonly database: string;
}

interface Run {
  readonly id: string;
  readonly startedAt: Date;
  /** One for each command in each database that the run was over, in the order in which they began. */
  readonly entries: readonly Entry[];
}

const HEADINGS = ['STARTED', 'RUN', 'DATABASE', 'COMMAND', 'OUTCOME', 'CHANGES', 'BY'];
const SHORT_ID_LENGTH = 8;

/** Lists the newest runs over the chosen databases, newest first: one run has the same id in each of them. */
export async function history(invocation: Invocation, { count }: HistoryOptions): Promise<number> {
  const { reporter, options } = invocation;
  const independent = invocation.databases.map((database) => ({ ...database, dependsOn: [] }));
  const outcomes = await runOverFamily(independent, async (database) =>
    readRuns(await invocation.open(database), { limit: count * 2 }, invocation.contextFor(database)),
  );
  const entries = outcomes.flatMap((outcome) =>
    outcome.status === 'done' ? outcome.result.map((run) => ({ ...run, database: outcome.database.name })) : [],
  );
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'failed' ? [outcome] : []));
  const runs = groupRuns(entries).slice(0, count);
  if (options.json) {
    reporter.json({
      runs: runs.map(toDocument),
      problems: failures.map(({ database, error }) => ({ name: database.name, error: errorDocument(error) })),
    });
  } else {
    if (runs.length === 0) reporter.line('nothing was run yet');
    const rows = runs.flatMap(({ entries: [...each] }) => each.map(cellsOf));
    const headings = HEADINGS.map((text): Cell => ({ text, style: 'dim' }));
    if (rows.length > 0) for (const line of alignColumns(reporter.stdout, [headings, ...rows])) reporter.line(line);
    for (const { database, error } of failures) reporter.error(error, database.name);
  }
  return failures.length > 0 ? exitCodeOfError(failures[0]!.error) : EXIT.done;
}

function groupRuns(entries: readonly Entry[]): Run[] {
  const groups = Map.groupBy(entries, ({ runId }) => runId);
  return [...groups]
    .map(([id, each]) => {
      const sorted = each.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
      return { id, startedAt: sorted[0]!.startedAt, entries: sorted };
    })
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
}

function cellsOf(entry: Entry): Cell[] {
  const { runId, startedAt, database, command, outcome, changes } = entry;
  return [
    { text: startedAt.toISOString().slice(0, 19).replace('T', ' ') },
    { text: runId.slice(0, SHORT_ID_LENGTH), style: 'dim' },
    { text: database, style: 'bold' },
    { text: command },
    outcomeOf(entry),
    { text: changes.length === 0 ? '-' : changes.length === 1 ? changes[0]! : plural(changes.length, 'change') },
    { text: [entry.clientUser, entry.clientHost].filter(Boolean).join('@') || entry.databaseUser, style: 'dim' },
    ...(outcome === 'failed' && entry.error ? [{ text: entry.error, style: 'red' as const }] : []),
  ];
}

function outcomeOf({ outcome, startedAt, endedAt }: PastRun): Cell {
  if (outcome === undefined || endedAt === undefined) return { text: 'did not end', style: 'yellow' };
  const time = formatDuration(endedAt.getTime() - startedAt.getTime());
  return { text: `${outcome} in ${time}`, style: outcome === 'done' ? 'green' : 'red' };
}

function toDocument({ id, startedAt, entries }: Run): object {
  return {
    id,
    startedAt,
    databases: entries.map(({ database, command, outcome, endedAt, error, changes, ...by }) => ({
      name: database,
      command,
      startedAt: by.startedAt,
      endedAt: endedAt ?? null,
      outcome: outcome ?? null,
      ...(error === undefined ? {} : { error }),
      changes,
      databaseUser: by.databaseUser,
      clientUser: by.clientUser ?? null,
      clientHost: by.clientHost ?? null,
    })),
  };
}
