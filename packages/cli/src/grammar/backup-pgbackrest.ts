import { Option, type Command } from 'commander';
import type { PgbackrestBackupOptions, PgbackrestExpireOptions } from '../commands/backup/pgbackrest.ts';
import type { CommonOptions } from '../invocation.ts';
import { addAskingCommand, addCommand, type Run } from './command.ts';

/** `atriz backup pgbackrest …`: recovery to any moment, on the machine of the server. */
export function addPgbackrestCommands(backup: Command, run: Run): void {
  const pgbackrest = backup
    .command('pgbackrest')
    .description('back the whole server up with its archive, for recovery to any moment');
  addAskingCommand(
    pgbackrest,
    'init',
    'write pgBackRest\u2019s configuration, set the server, and check its archive',
  ).action(async (options: CommonOptions) =>
    run(options, (await import('../commands/backup/pgbackrest-init.ts')).init),
  );
  addCommand(pgbackrest, 'check', 'have a segment archived, and find it in the repository').action(
    async (options: CommonOptions) => run(options, (await import('../commands/backup/pgbackrest.ts')).check),
  );
  addCommand(pgbackrest, 'backup', 'back the server up')
    .addOption(
      new Option('--type <type>', 'all, what changed since the last full backup, or since the last of any kind')
        .choices(['full', 'diff', 'incr'])
        .default('incr'),
    )
    .action(async (options: CommonOptions & PgbackrestBackupOptions) =>
      run(options, (await import('../commands/backup/pgbackrest.ts')).backup, options),
    );
  addCommand(pgbackrest, 'info', 'show what the repository holds, and how far the archive is behind').action(
    async (options: CommonOptions) => run(options, (await import('../commands/backup/pgbackrest-info.ts')).info),
  );
  addCommand(pgbackrest, 'expire', 'remove the backups that retention lets go, with their archive')
    .option('--dry-run', 'remove nothing')
    .action(async (options: CommonOptions & PgbackrestExpireOptions) =>
      run(options, (await import('../commands/backup/pgbackrest.ts')).expire, options),
    );
}
