import type { Command } from 'commander';
import type { PasswordOptions } from '../commands/roles-password.ts';
import type { CommonOptions } from '../invocation.ts';
import { addCommand, addFleetOptions, type Run } from './command.ts';

/** `atriz roles …` */
export function addRolesCommands(program: Command, run: Run): void {
  const roles = program.command('roles').description('who owns a database, and who may do what in it');
  addFleetOptions(addCommand(roles, 'apply', 'make the roles, and give each what it may do and no more')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/roles.ts')).apply),
  );
  addFleetOptions(addCommand(roles, 'check', 'show what of the roles is not as apply makes it')).action(
    async (options: CommonOptions) => run(options, (await import('../commands/roles.ts')).check),
  );
  addCommand(roles, 'password', 'give a role a password, from standard input or a question')
    .argument('<role>', 'owner, app, read or backup')
    .option('--output <file>', 'make one, and write it to a file that is not there yet')
    .action(async (role: string, options: CommonOptions & PasswordOptions) =>
      run(options, (await import('../commands/roles-password.ts')).password, role, options),
    );
}
