import type { Command } from 'commander';
import type { HistoryOptions } from '../commands/history.ts';
import type { CommonOptions } from '../invocation.ts';
import { acceptLintOption, addAskingCommand, addCommand, addFleetOptions, countOption, type Run } from './command.ts';

/** What is done to whole databases. */
export function addDatabaseCommands(program: Command, run: Run): void {
  addFleetOptions(addCommand(program, 'setup', 'create, migrate and seed whatever is not yet, then show the status'))
    .addOption(acceptLintOption())
    .action(async (options: CommonOptions) => run(options, (await import('../commands/database.ts')).setup));
  addFleetOptions(addCommand(program, 'create', 'create the database, if it does not exist')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/database.ts')).create),
  );
  addFleetOptions(addCommand(program, 'seed', 'run the seeds')).action(async (options: CommonOptions) =>
    run(options, (await import('../commands/database.ts')).seed),
  );
  addFleetOptions(addAskingCommand(program, 'clean', 'delete every row; structure and history stay')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/database.ts')).clean),
  );
  addFleetOptions(addAskingCommand(program, 'reset', 'drop the database, and create, migrate and seed it anew')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/database.ts')).reset),
  );
  addFleetOptions(addAskingCommand(program, 'drop', 'drop the database with everything in it')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/database.ts')).drop),
  );
  addFleetOptions(addCommand(program, 'status', 'show what is applied, pending and wrong')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/status.ts')).showStatus),
  );
  addCommand(program, 'health', 'ask each database one thing, and time the answer').action(
    async (options: CommonOptions) => run(options, (await import('../commands/health.ts')).health),
  );
  addFleetOptions(
    addCommand(program, 'maintain', 'make partitions, delete what expired, carry out deletions, gather statistics'),
  ).action(async (options: CommonOptions) => run(options, (await import('../commands/maintain.ts')).maintain));
  addCommand(program, 'history', 'list what was run, when, by whom, and how it ended')
    .addOption(countOption().default(20))
    .action(async (options: CommonOptions & HistoryOptions) =>
      run(options, (await import('../commands/history.ts')).history, options),
    );
}
