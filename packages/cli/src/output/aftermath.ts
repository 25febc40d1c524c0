import type { Outcome } from '@atriz/lifecycle';
import { plural } from './terminal.ts';

const MOST_NAMES = 3;

/** What a run that failed somewhere has left in one database. */
export interface Remains {
  readonly name: string;
  readonly text: string;
}

/** Says of each database of a run that failed what of it was committed; pure. */
export function describeRemains(
  outcomes: readonly Outcome<object>[],
  committed: ReadonlyMap<string, readonly string[]>,
): Remains[] {
  return outcomes.map(({ database: { name }, status }) => {
    const changes = committed.get(name) ?? [];
    if (status === 'done') return { name, text: changes.length > 0 ? `finished: ${list(changes)}` : 'finished' };
    if (changes.length > 0) return { name, text: `kept: ${list(changes)}; the rest was not done` };
    return { name, text: status === 'skipped' ? 'not begun' : 'nothing was committed' };
  });
}

/** The command that goes on where the run ended: over the databases that did not finish. */
export function nextCommand(outcomes: readonly Outcome<object>[], command: string): string {
  const unfinished = outcomes.filter(({ status }) => status !== 'done').map(({ database }) => database.name);
  return ['pnpm exec atriz', command, ...unfinished.map((name) => `--database ${name}`)].join(' ');
}

function list(changes: readonly string[]): string {
  if (changes.length <= MOST_NAMES) return changes.join(', ');
  return `${plural(changes.length, 'change')}, the last of them ${changes.at(-1)}`;
}
