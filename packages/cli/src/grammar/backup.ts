import type { Command } from 'commander';
import type { Run } from './command.ts';

/** Sets of the family: made, listed, proven, restored, thinned out. */
export function addBackupCommands(program: Command, _run: Run): void {
  program.command('backup').description('make sets of the family, prove them, and bring them back');
}
