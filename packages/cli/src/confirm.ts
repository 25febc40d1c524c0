import { AtrizError } from '@atriz/database';
import type { Invocation } from './invocation.ts';

/**
 * Asks before something is destroyed: on a terminal by a question, elsewhere by demanding `--yes`.
 * Throws `CONFIRMATION_REQUIRED` when there is nobody to ask or the answer is no, `INTERRUPTED` for Ctrl-C.
 */
export async function confirmDestruction(invocation: Invocation, deed: string): Promise<void> {
  return confirm(invocation, `${deed}: ${describeChoice(invocation)}`);
}

/** Asks before something is done that is hard to take back; as {@link confirmDestruction} does. */
export async function confirm({ options, surroundings, reporter }: Invocation, deed: string): Promise<void> {
  if (options.yes) return;
  const { stdin, stdout } = surroundings;
  if (!stdin.isTTY || !stdout.isTTY || options.json) {
    throw new AtrizError('CONFIRMATION_REQUIRED', `this would ${deed}`, { hint: 'add --yes to go on' });
  }
  reporter.settle();
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({ message: `This will ${deed}. Go on?`, initialValue: false });
  if (prompts.isCancel(answer)) throw new AtrizError('INTERRUPTED', 'interrupted; nothing was done');
  if (!answer) throw new AtrizError('CONFIRMATION_REQUIRED', 'not confirmed; nothing was done');
}

/** What a command is about, as it was chosen: `tenant_db`, `the instances acme, eu_* of tenant_db`. */
export function describeChoice({ databases, options: { instance: patterns } }: Invocation): string {
  const chosen = patterns === undefined ? databases : databases.filter(({ instances }) => instances !== undefined);
  const names = chosen.map(({ name }) => name).join(', ');
  return patterns === undefined ? names : `the instances ${patterns.join(', ')} of ${names}`;
}
