import type { Command } from 'commander';
import type { CountOption } from '../commands/migrate.ts';
import type { CheckOptions } from '../commands/migrate-check.ts';
import type { CommonOptions } from '../invocation.ts';
import { addCommand, addFleetOptions, countOption, type Run } from './command.ts';

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
  addCommand(migrate, 'create', 'make an empty migration file')
    .argument('<name>', 'what it does, such as add_vehicles')
    .action(async (name: string, options: CommonOptions) =>
      run(options, (await import('../commands/migrate.ts')).create, name),
    );
}
