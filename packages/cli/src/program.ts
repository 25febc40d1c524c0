import { Command } from 'commander';
import { VERSION } from '@atriz/lifecycle';
import { addAuditCommands } from './grammar/audit.ts';
import { addBackupCommands } from './grammar/backup.ts';
import type { Run } from './grammar/command.ts';
import { addDatabaseCommands } from './grammar/database.ts';
import { addDoctorCommand } from './grammar/doctor.ts';
import { addGenerateCommand } from './grammar/generate.ts';
import { addIdentityCommands } from './grammar/identity.ts';
import { addMigrateCommands } from './grammar/migrate.ts';
import { addNewCommand } from './grammar/new.ts';
import { addReferencesCommands } from './grammar/references.ts';
import { addRolesCommands } from './grammar/roles.ts';
import { addWorkspaceCommands } from './grammar/workspace.ts';
import { openInvocation, type Surroundings } from './invocation.ts';

/**
 * The command's grammar. Each command is loaded when it is called for, so that none pays for another's imports.
 * `onExitCode` gets the code of the command that ran; usage errors are thrown as commander's `CommanderError`.
 */
export function createProgram(surroundings: Surroundings, onExitCode: (code: number) => void): Command {
  const run: Run = async (options, action, ...parameters) => {
    await using invocation = await openInvocation(surroundings, options);
    onExitCode(await action(invocation, ...parameters));
  };
  const program = new Command('atriz')
    .description('One command for every PostgreSQL database of this workspace.')
    .version(VERSION)
    .addHelpText('after', '\nInside a package it acts on that package\u2019s database, at the root on the family.')
    // main.ts tells every error alike, as JSON where that is wanted
    .configureOutput({ outputError: () => undefined })
    .exitOverride();

  addAuditCommands(program, run);
  addBackupCommands(program, run);
  addDatabaseCommands(program, run);
  addMigrateCommands(program, run);
  addGenerateCommand(program, run);
  addIdentityCommands(program, run);
  addDoctorCommand(program, run);
  addNewCommand(program, run);
  addReferencesCommands(program, run);
  addRolesCommands(program, run);
  addWorkspaceCommands(program, run);
  return program;
}
