import { planInit, runInit, type InitPlan, type InitResult } from '@atriz/backup';
import { openBackupWorkspace } from '../../backup-workspace.ts';
import { confirm } from '../../confirm.ts';
import { EXIT } from '../../exit-code.ts';
import type { Invocation } from '../../invocation.ts';
import { paint } from '../../output/terminal.ts';
import { chosenNames } from './scope.ts';

/** Sets pgBackRest up for the server that the databases are on; asks before it sets the server or replaces a file. */
export async function init(invocation: Invocation): Promise<number> {
  const { reporter, options } = invocation;
  const workspace = await openBackupWorkspace(invocation);
  const plan = await planInit(workspace, { databases: chosenNames(invocation) });
  const deeds = describeDeeds(plan);
  if (deeds.length > 0) await confirm(invocation, deeds.join(', and '));
  const result = await runInit(workspace, plan);
  if (options.json) reporter.json(result);
  else tell(invocation, result);
  return EXIT.done;
}

function describeDeeds({ file, server, settings: { config } }: InitPlan): string[] {
  const changes = server.changes.map(({ name, from, to }) => `${name} from "${from}" to "${to}"`);
  return [
    ...(file === 'replaced' ? [`replace ${config}, which is kept beside it`] : []),
    ...(changes.length > 0 ? [`set for the whole server ${changes.join(', ')}`] : []),
  ];
}

function tell({ reporter }: Invocation, { stanza, config, file, kept, changes, restart, checked }: InitResult): void {
  reporter.line(`${paint(reporter.stdout, 'bold', stanza)}  ${config}: ${file}`);
  if (kept !== undefined) reporter.line(`  what it said before is in ${kept}`);
  for (const { name, to } of changes) reporter.line(`  ${name} = ${to}`);
  if (checked) {
    reporter.line(paint(reporter.stdout, 'green', 'the archive works: a segment was archived and found'));
  } else {
    const names = restart.join(' and ');
    reporter.line(`${paint(reporter.stdout, 'yellow', 'note')} nothing is archived yet: ${names} wait for a restart`);
  }
  const next = checked
    ? 'make the first backup: atriz backup pgbackrest backup --type full'
    : 'restart the server, then: atriz backup pgbackrest init';
  reporter.line(`${paint(reporter.stdout, 'cyan', 'next')} ${next}`);
}
