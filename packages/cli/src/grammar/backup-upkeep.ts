import { Option, type Command } from 'commander';
import type { DrillCommandOptions } from '../commands/backup/drill.ts';
import type { PruneOptions } from '../commands/backup/prune.ts';
import type { ScheduleCommandOptions } from '../commands/backup/schedule.ts';
import type { CommonOptions } from '../invocation.ts';
import { countOption, type Run } from './command.ts';

/** `atriz backup prune`, `health`, `drill` and `schedule`: about the whole family, wherever they run. */
export function addUpkeepCommands(backup: Command, run: Run): void {
  addFamilyCommand(backup, 'prune', 'remove the sets that the retention settings no longer keep')
    .option('--dry-run', 'only tell what would go, and why the others stay')
    .option('--untie <set>', 'a migration is not to be undone with this set any more')
    .option('--store <name>', 'act on this store only: folder, s3 or gcs')
    .option('--yes', 'do not ask')
    .action(async (options: CommonOptions & PruneOptions) =>
      run(options, (await import('../commands/backup/prune.ts')).prune, options),
    );
  addFamilyCommand(
    backup,
    'health',
    'tell how old, how large and how proven the sets are; 3 where something is wrong',
  ).action(async (options: CommonOptions) => run(options, (await import('../commands/backup/health.ts')).health));
  addFamilyCommand(
    backup,
    'drill',
    'restore a set beside everything, prove it, and take the time; 3 where an objective is missed',
  )
    .argument('[set]', 'such as backup-20261121T121500Z-4f1c2a9b; default: the newest')
    .option('--store <name>', 'read it from this store only: folder, s3 or gcs')
    .action(async (set: string | undefined, options: CommonOptions & DrillCommandOptions) =>
      run(options, (await import('../commands/backup/drill.ts')).drill, set, options),
    );
  addFamilyCommand(backup, 'schedule', 'make sets, and hold drills, when they are due; runs until it is stopped')
    .option('--once', 'do what is due now, and end')
    .addOption(new Option('--list', 'only tell what ran, and what is due next').conflicts('once'))
    .addOption(countOption())
    .action(async (options: CommonOptions & ScheduleCommandOptions) => {
      const { listSlots, schedule } = await import('../commands/backup/schedule.ts');
      return run(options, options.list ? listSlots : schedule, options);
    });
}

function addFamilyCommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).option('--json', 'print one JSON document');
}
