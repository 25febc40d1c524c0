import type { Command } from 'commander';
import type { CountOption, UpOptions } from '../commands/migrate.ts';
import type { CheckOptions } from '../commands/migrate-check.ts';
import type { MigrateUndoOptions } from '../commands/migrate-undo.ts';
import type { SquashOptions } from '../commands/migrate-squash.ts';
import type { ResolveOptions } from '../commands/repair.ts';
import type { CommonOptions } from '../invocation.ts';
import {
  acceptLintOption,
  addAskingCommand,
  addCommand,
  addFleetOptions,
  addOwnCommand,
  countOption,
  type Run,
} from './command.ts';

/** `atriz migrate …` */
export function addMigrateCommands(program: Command, run: Run): void {
  const migrate = program.command('migrate').description('bring the schema up to date, or back');

  addFleetOptions(addCommand(migrate, 'up', 'apply the pending migrations (the default)', { isDefault: true }))
    .addOption(countOption())
    .addOption(acceptLintOption())
    .option('--allow-out-of-order', 'apply files that are older than the newest applied one, too')
    .action(async (options: CommonOptions & UpOptions) =>
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
  addAskingCommand(migrate, 'undo', 'put what a run touched back to the set that was made before it')
    .requiredOption('--run <id>', 'the run, as `atriz history` and the run itself show it')
    .option('--drop-old', 'drop at once what is replaced; it is kept otherwise')
    .action(async (options: CommonOptions & MigrateUndoOptions) =>
      run(options, (await import('../commands/migrate-undo.ts')).undo, options),
    );
  addFleetOptions(addCommand(migrate, 'status', 'show what is applied, pending and wrong')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/status.ts')).showStatus),
  );
  addFleetOptions(addCommand(migrate, 'check', 'compare the database with what its migrations make from nothing'))
    .option('--down', 'check instead that each Down section undoes its Up')
    .action(async (options: CommonOptions & CheckOptions) =>
      run(options, (await import('../commands/migrate-check.ts')).check, options),
    );
  addCommand(migrate, 'plan', 'show what up would do, in which order and with which locks; touch nothing')
    .addOption(countOption())
    .option('--allow-out-of-order', 'plan files that are older than the newest applied one, too')
    .action(async (options: CommonOptions & UpOptions) =>
      run(options, (await import('../commands/migrate-plan.ts')).plan, options),
    );
  addAskingCommand(migrate, 'squash', 'put one migration file in the place of the first ones, proven to make the same')
    .requiredOption('--to <name>', 'the newest that is to be in it')
    .action(async (options: CommonOptions & SquashOptions) =>
      run(options, (await import('../commands/migrate-squash.ts')).squash, options),
    );
  addOwnCommand(migrate, 'lint', 'look for what in the pending migrations would block, break or lose something')
    .option('--all', 'lint every file, applied or not; needs no server')
    .action(async ({ all: everyFile, ...options }: CommonOptions) =>
      run(options, (await import('../commands/migrate-lint.ts')).lint, { everyFile }),
    );
  addCommand(migrate, 'create', 'make an empty migration file')
    .argument('<name>', 'what it does, such as add_vehicles')
    .action(async (name: string, options: CommonOptions) =>
      run(options, (await import('../commands/migrate.ts')).create, name),
    );
  addRepairCommands(migrate, run);
}

/** Those that correct what the database says of its migrations, and run none. */
function addRepairCommands(migrate: Command, run: Run): void {
  addFleetOptions(addCommand(migrate, 'resolve', 'write down what was done by hand about one migration'))
    .option('--applied <name>', 'all of it is there')
    .option('--rolled-back <name>', 'nothing of it is there')
    .action(async (options: CommonOptions & ResolveOptions) =>
      run(options, (await import('../commands/repair.ts')).resolve, options),
    );
  addFleetOptions(addAskingCommand(migrate, 'baseline', 'adopt a database that was made by other means'))
    .requiredOption('--to <name>', 'the newest migration whose objects are there already')
    .action(async (options: CommonOptions & { to: string }) =>
      run(options, (await import('../commands/repair.ts')).baseline, options),
    );
  addFleetOptions(addAskingCommand(migrate, 'repair', 'show how applied files were edited, and accept that')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/repair.ts')).repair),
  );
}
