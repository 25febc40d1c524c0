import type { Command } from 'commander';
import type { FixOption } from '../commands/references.ts';
import type { CommonOptions } from '../invocation.ts';
import { addAskingCommand, addCommand, type Run } from './command.ts';

/** `atriz references …` */
export function addReferencesCommands(program: Command, run: Run): void {
  const references = program.command('references').description('columns that mean a row of another database');
  addCommand(references, 'list', 'show what is declared').action(async (options: CommonOptions) =>
    run(options, (await import('../commands/references.ts')).list),
  );
  addAskingCommand(references, 'check', 'look for rows whose key leads nowhere')
    .option('--fix', 'delete those rows or set their column to null, as their reference says')
    .action(async (options: CommonOptions & FixOption) =>
      run(options, (await import('../commands/references.ts')).check, options),
    );
  addAskingCommand(references, 'delete', 'delete a row and what refers to it in other databases')
    .argument('<row>', 'database.table.column=key, such as atriz_shared.users.id=7c9e…')
    .action(async (row: string, options: CommonOptions) =>
      run(options, (await import('../commands/references-delete.ts')).deleteRow, row),
    );
}
