import type { Command } from 'commander';
import type { IdentityOptions } from '../commands/identity.ts';
import type { CommonOptions } from '../invocation.ts';
import { addAskingCommand, addCommand, addFleetOptions, type Run } from './command.ts';

/** `atriz identity …` */
export function addIdentityCommands(program: Command, run: Run): void {
  const identity = program.command('identity').description('which database this is, as its own ledger says');

  addCommand(identity, 'show', 'show family, definition, environment and protection (the default)', {
    isDefault: true,
  }).action(async (options: CommonOptions) => run(options, (await import('../commands/identity.ts')).show));
  addFleetOptions(
    addAskingCommand(identity, 'set', 'say which environment it is of, whether it is protected, or whose it is'),
  )
    .option('--environment <name>', 'such as development, staging or production')
    .option('--protected', 'nothing destructive is done to it')
    .option('--no-protected', 'take the protection away')
    .option('--adopt', 'it becomes this definition\u2019s, whatever it was')
    .action(async (options: CommonOptions & IdentityOptions) =>
      run(options, (await import('../commands/identity.ts')).set, options),
    );
}
