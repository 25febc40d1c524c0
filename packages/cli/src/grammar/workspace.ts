import type { Command } from 'commander';
import type { StartOptions } from '../commands/server.ts';
import type { CommonOptions } from '../invocation.ts';
import { addCommand, portOption, type Run } from './command.ts';

/** What is about the workspace and its server, not about one database. */
export function addWorkspaceCommands(program: Command, run: Run): void {
  addCommand(program, 'start', 'start the embedded server')
    .addOption(portOption())
    .action(async (options: CommonOptions & StartOptions) =>
      run(options, (await import('../commands/server.ts')).start, options),
    );
  addCommand(program, 'stop', 'stop the embedded server').action(async (options: CommonOptions) =>
    run(options, (await import('../commands/server.ts')).stop),
  );
  addCommand(program, 'validate', 'check every migration file and the settings, without a server').action(
    async (options: CommonOptions) => run(options, (await import('../commands/validate.ts')).validate),
  );
  const check = program.command('check').description('check what can be checked without a server');
  addCommand(check, 'env', 'tell which variable of which file decides where each database is').action(
    async (options: CommonOptions) => run(options, (await import('../commands/check-env.ts')).checkEnv),
  );
}
