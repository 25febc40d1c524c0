import { readScheduleStatus, runSchedule, type SchedulerEvent, type SlotOutcome, type SlotRecord } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { EXIT } from '../../exit-code.ts';
import type { Invocation } from '../../invocation.ts';
import { alignColumns, formatDuration, paint, type Cell } from '../../output/terminal.ts';
import { backupContext } from './scope.ts';

export interface ScheduleCommandOptions {
  readonly once?: boolean | undefined;
  readonly list?: boolean | undefined;
  readonly count?: number | undefined;
}

/**
 * Serves the schedule: until it is stopped, which is its ordinary end, or with `--once` what is due. A run that failed is
 * told, and with `--once` decides the exit code.
 */
export async function schedule(invocation: Invocation, { once = false }: ScheduleCommandOptions): Promise<number> {
  const { reporter, options } = invocation;
  const runs: object[] = [];
  const outcomes = await runSchedule(await openBackupWorkspace(invocation), {
    once,
    context: backupContext(invocation),
    onEvent: (event) => {
      if (event.kind === 'ended') runs.push({ ...event.slot, run: event.runId, ...event.result });
      tell(invocation, event);
    },
  });
  if (options.json) reporter.json({ runs });
  else if (once && outcomes.length === 0) reporter.line('nothing is due that nobody else does');
  return once && outcomes.some(({ outcome }) => outcome !== 'done') ? EXIT.failed : EXIT.done;
}

/** Tells what is due next, and what became of the last slots. */
export async function listSlots(invocation: Invocation, { count }: ScheduleCommandOptions): Promise<number> {
  const { reporter, options } = invocation;
  const status = await readScheduleStatus(await openBackupWorkspace(invocation), { count });
  if (options.json) {
    reporter.json(status);
    return EXIT.done;
  }
  const { stdout } = reporter;
  for (const { kind, slot } of status.next) reporter.line(`${paint(stdout, 'bold', kind)}  next ${slot.toISOString()}`);
  for (const { kind, slot } of status.missed) {
    reporter.line(`${paint(stdout, 'bold', kind)}  ${paint(stdout, 'yellow', 'due')} since ${slot.toISOString()}`);
  }
  for (const line of alignColumns(
    stdout,
    status.past.map((slot) => cellsOf(slot, status.led)),
  ))
    reporter.line(line);
  return EXIT.done;
}

/** Each line has its time: it is read in a service's log, long after. */
function tell({ reporter }: Invocation, event: SchedulerEvent): void {
  const { stdout } = reporter;
  switch (event.kind) {
    case 'waiting':
      return reporter.progress('', 'another scheduler is at work; waiting for its end');
    case 'leading':
      return reporter.progress('', 'serving the schedule');
    case 'lost':
      return reporter.line(`${nameOf(event.slot)}  ${paint(stdout, 'red', 'lost')}  ${event.slot.error}`);
    case 'began':
      return reporter.progress('', `${nameOf(event.slot)} begins${event.attempt > 1 ? ', made up' : ''}`);
    case 'ended':
      return reporter.line(`${nameOf(event.slot)}  ${describe(stdout, event.result)}`);
    case 'disconnected':
      reporter.error(event.error);
      return reporter.progress('', `trying again in ${formatDuration(event.retryMs)}`);
  }
}

function nameOf({ kind, slot }: { readonly kind: string; readonly slot: Date }): string {
  return `${kind} of ${slot.toISOString()}`;
}

function describe(stdout: Invocation['reporter']['stdout'], { outcome, setId, error }: SlotOutcome): string {
  if (outcome === 'done') return `${paint(stdout, 'green', 'done')}  ${setId ?? ''}`.trimEnd();
  return `${paint(stdout, 'red', outcome)}  ${error}`;
}

function cellsOf(
  { kind, slot, claimedBy, claimedAt, endedAt, outcome, attempts, setId, error }: SlotRecord,
  led: boolean,
): Cell[] {
  const state = outcome ?? (led ? 'under way' : 'died');
  const style = state === 'done' ? 'green' : state === 'under way' ? 'yellow' : 'red';
  return [
    { text: slot.toISOString() },
    { text: kind },
    { text: state, style },
    { text: endedAt ? formatDuration(endedAt.getTime() - claimedAt.getTime()) : '' },
    { text: attempts > 1 ? 'made up' : '' },
    { text: claimedBy, style: 'dim' },
    { text: error ?? setId ?? '' },
  ];
}
