import type { InstanceOutcome } from '@atriz/lifecycle/fleet';
import { errorDocument } from '../family-command.ts';
import { plural } from '../output/terminal.ts';

const SHOWN_TEXTS = 4;
const SHOWN_NAMES = 5;

/** `996 × up to date, 2 × 1 migration applied, 2 failed`; of an empty fleet `no instances yet`. Pure. */
export function summariseFleet<Result>(
  outcomes: readonly InstanceOutcome<Result>[],
  describe: (result: Result) => string,
): string {
  if (outcomes.length === 0) return 'no instances yet';
  const texts = outcomes.flatMap((outcome) => (outcome.status === 'done' ? [describe(outcome.result)] : []));
  const counts = [...Map.groupBy(texts, (text) => text)].map(([text, { length }]) => `${length} × ${text}`);
  const count = (status: string): number => outcomes.filter((outcome) => outcome.status === status).length;
  const failed = count('failed');
  const skipped = count('skipped');
  return [
    ...(counts.length > SHOWN_TEXTS ? [`${texts.length} done`] : counts),
    failed > 0 ? `${failed} failed` : '',
    skipped > 0 ? `${skipped} not begun` : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/**
 * The command that goes on where a run over instances ended: by the names of those that are not done, or, where they are
 * many, for all of them, which costs those that are done one look. Pure.
 */
export function nextFleetCommand(
  command: string,
  database: string,
  outcomes: readonly InstanceOutcome<unknown>[],
): string {
  const left = outcomes.filter(({ status }) => status !== 'done').map(({ instance }) => instance.name);
  const names = left.length <= SHOWN_NAMES ? left.map((name) => `--instance ${quote(name)}`) : [];
  return ['pnpm exec atriz', command, `--database ${quote(database)}`, ...names].join(' ');
}

/** One for each instance, and their number by what became of them. */
export function fleetDocument(outcomes: readonly InstanceOutcome<object>[]): object {
  const count = (status: string): number => outcomes.filter((outcome) => outcome.status === status).length;
  return {
    fleet: { instances: outcomes.length, done: count('done'), failed: count('failed'), skipped: count('skipped') },
    instances: outcomes.map(toDocument),
  };
}

function toDocument(outcome: InstanceOutcome<object>): object {
  const { instance, durationMs, status } = outcome;
  const base = { name: instance.name, status, durationMs: Math.round(durationMs) };
  switch (outcome.status) {
    case 'done':
      return { ...base, ...outcome.result };
    case 'failed':
      return { ...base, error: errorDocument(outcome.error) };
    case 'skipped':
      return { ...base, because: outcome.because };
  }
}

/** `1,000 instances`. */
export function countInstances(outcomes: readonly unknown[]): string {
  return plural(outcomes.length, 'instance');
}

/** For a POSIX shell. */
function quote(text: string): string {
  return /^[A-Za-z0-9_.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
