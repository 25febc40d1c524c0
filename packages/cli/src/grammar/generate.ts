import type { Command } from 'commander';
import type { GenerateOptions } from '../commands/generate.ts';
import type { CommonOptions } from '../invocation.ts';
import { addCommand, type Run } from './command.ts';

/** `atriz generate` */
export function addGenerateCommand(program: Command, run: Run): void {
  addCommand(program, 'generate', 'write the Kysely types of the schema that the migrations make')
    .option('--check', 'write nothing and ask no server: refuse types that were made from other migrations')
    .action(async (options: CommonOptions & GenerateOptions) =>
      run(options, (await import('../commands/generate.ts')).generate, options),
    );
}
