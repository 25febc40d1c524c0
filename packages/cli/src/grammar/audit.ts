import type { Command } from 'commander';
import type { VerifyOptions } from '../commands/audit.ts';
import type { CommonOptions } from '../invocation.ts';
import { addCommand, type Run } from './command.ts';

/** `atriz audit …` */
export function addAuditCommands(program: Command, run: Run): void {
  const audit = program.command('audit').description('the log of what happened to accounts and credentials');
  addCommand(audit, 'verify', 'read the whole log, and find what was changed, put in or taken out')
    .option('--expect <head>', 'a head that was kept elsewhere, id:hash, must be in the chain')
    .action(async (options: CommonOptions & VerifyOptions) =>
      run(options, (await import('../commands/audit.ts')).verify, options),
    );
}
