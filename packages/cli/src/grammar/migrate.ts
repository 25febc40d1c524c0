import type { Command } from 'commander';
import type { CountOption } from '../commands/migrate.ts';
import type { CheckOptions } from '../commands/migrate-check.ts';
import type { SquashOptions } from '../commands/migrate-squash.ts';
import type { CommonOptions } from '../invocation.ts';
import { addAskingCommand, addCommand, addFleetOptions, countOption, type Run } from './command.ts';

/** `atriz migrate …` */
export function addMigrateCommands(program: Command, run: Run): void {
  const migrate = program.command('migrate').description('bring the schema up to date, or back');

  addFleetOptions(addCommand(migrate, 'up', 'apply the pending migrations (the default)', { isDefault: true }))
    .addOption(countOption())
    .action(async (options: CommonOptions & CountOption) =>
      run(options, (await import('../commands/migrate.ts')).up, options),
    );
  addFleetOptions(addCommand(migrate, 'down', 'undo the newest migration, or --count of them'))
    .addOption(countOption())
    .action(async (options: CommonOptions & CountOption) =>
      run(options, (await import('../commands/migrate.ts')).down, options),
    );
  addFleetOptions(addCommand(migrate, 'redo', 'undo the newest migration and apply it again'))
    .addOption(countOption())
    .action(async (options: CommonOptions & CountOption) =>
      run(options, (await import('../commands/migrate.ts')).redo, options),
    );
  addFleetOptions(addCommand(migrate, 'status', 'show what is applied, pending and wrong')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/status.ts')).showStatus),
  );
  addFleetOptions(addCommand(migrate, 'check', 'compare the database with what its migrations make from nothing'))
    .option('--down', 'check instead that each Down section undoes its Up')
    .action(async (options: CommonOptions & CheckOptions) =>
      run(options, (await import('../commands/migrate-check.ts')).check, options),
    );
  addAskingCommand(migrate, 'squash', 'put one migration file in the place of the first ones, proven to make the same')
    .requiredOption('--to <name>', 'the newest that is to be in it')
    .action(async (options: CommonOptions & SquashOptions) =>
      run(options, (await import('../commands/migrate-squash.ts')).squash, options),
    );
  addCommand(migrate, 'create', 'make an empty migration file')
    .argument('<name>', 'what it does, such as add_vehicles')
    .action(async (name: string, options: CommonOptions) =>
      run(options, (await import('../commands/migrate.ts')).create, name),
    );
}
