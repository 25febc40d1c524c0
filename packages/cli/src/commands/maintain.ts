import { maintainDatabase, type DeletionOutcome, type MaintainResult } from '@atriz/lifecycle/upkeep';
import { runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { plural } from '../output/terminal.ts';
import { accessOf } from './references.ts';

/** Keeps each chosen database up; a requested deletion reaches into all databases of the family, chosen or not. */
export function maintain(invocation: Invocation): Promise<number> {
  const reach = { family: invocation.family, access: accessOf(invocation) };
  return runFamilyCommand<MaintainResult>(invocation, {
    work: (target, context) => maintainDatabase(target, reach, context),
    describe,
    details: ({ deletions }) => deletions.map(describeDeletion),
    reach: { command: 'maintain' },
  });
}

function describe({ busy, partitions, expired, deletions, analyzed }: MaintainResult): string {
  if (busy) return 'another process is at work';
  const created = partitions.reduce((sum, each) => sum + each.created, 0);
  const rows = expired.reduce((sum, each) => sum + each.rows, 0);
  const done = deletions.filter(({ state }) => state === 'done').length;
  const refused = deletions.length - done;
  const parts = [
    created > 0 ? `${plural(created, 'partition')} made` : '',
    done > 0 ? `${plural(done, 'deletion')} carried out` : '',
    refused > 0 ? `${plural(refused, 'deletion')} refused` : '',
    rows > 0 ? `${plural(rows, 'row')} expired` : '',
    analyzed > 0 ? `${plural(analyzed, 'table')} analyzed` : '',
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : 'nothing to do';
}

function describeDeletion(deletion: DeletionOutcome): string {
  if (deletion.state === 'refused') return `${deletion.key} stays: ${deletion.reason}`;
  const changed = Object.entries(deletion.changed).map(([column, rows]) => `${plural(rows, 'row')} of ${column}`);
  return `${deletion.key} deleted${changed.length > 0 ? `, with ${changed.join(', ')}` : ''}`;
}
