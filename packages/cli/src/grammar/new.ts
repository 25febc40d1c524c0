import type { Command } from 'commander';
import type { NewOptions } from '../commands/new.ts';
import type { CommonOptions } from '../invocation.ts';
import type { Run } from './command.ts';

/** `atriz new NAME` */
export function addNewCommand(program: Command, run: Run): void {
  program
    .command('new')
    .description('make an application with a database of its own, and wire it into the workspace')
    .argument('<name>', 'what it is called, such as reports: apps/reports, and the database reports_db')
    .option('--no-install', 'leave out pnpm install')
    .option('--json', 'print one JSON document')
    .action(async (name: string, options: CommonOptions & NewOptions) =>
      run(options, (await import('../commands/new.ts')).newApp, name, options),
    );
}
