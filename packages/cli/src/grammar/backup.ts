import type { Command } from 'commander';
import { addPgbackrestCommands } from './backup-pgbackrest.ts';
import { addRestoreCommand } from './backup-restore.ts';
import { addUpkeepCommands } from './backup-upkeep.ts';
import { addSetCommands } from './backup-sets.ts';
import type { Run } from './command.ts';

/** Sets of the family: made, listed, proven, restored, thinned out. */
export function addBackupCommands(program: Command, run: Run): void {
  const backup = program.command('backup').description('make sets of the family, prove them, and bring them back');
  addSetCommands(backup, run);
  addRestoreCommand(backup, run);
  addUpkeepCommands(backup, run);
  addPgbackrestCommands(backup, run);
}
