import { Option, type Command } from 'commander';
import type { CreateCommandOptions } from '../commands/backup/create.ts';
import type { ListCommandOptions } from '../commands/backup/list.ts';
import type { ShowCommandOptions } from '../commands/backup/show.ts';
import type { VerifyCommandOptions } from '../commands/backup/verify.ts';
import type { CommonOptions } from '../invocation.ts';
import { addCommand, type Run } from './command.ts';

const SET = 'such as backup-20261121T121500Z-4f1c2a9b; default: the newest';
const STORE = 'folder, s3 or gcs';

/** `atriz backup create`, `list`, `show` and `verify` */
export function addSetCommands(backup: Command, run: Run): void {
  addCommand(backup, 'create', 'make a set: the databases at one moment, in every store')
    .option('--per-database', 'where no common snapshot can be had, take each database at one of its own')
    .option('--store <name>', `write it to this store only: ${STORE}`)
    .addOption(
      new Option('--engine <name>', 'how; default: what BACKUP_ENGINE says').choices(['auto', 'logical', 'physical']),
    )
    .action(async (options: CommonOptions & CreateCommandOptions) =>
      run(options, (await import('../commands/backup/create.ts')).create, options),
    );
  addReading(backup, 'list', 'show the sets there are, newest first')
    .option('--store <name>', `of this store only: ${STORE}`)
    .action(async (options: CommonOptions & ListCommandOptions) =>
      run(options, (await import('../commands/backup/list.ts')).list, options),
    );
  addReading(backup, 'show', 'show what a set holds')
    .argument('[set]', SET)
    .option('--store <name>', `read it from this store only: ${STORE}`)
    .option('--accept-unsigned', 'take a set that was signed with a key that is lost')
    .action(async (set: string | undefined, options: CommonOptions & ShowCommandOptions) =>
      run(options, (await import('../commands/backup/show.ts')).show, set, options),
    );
  addReading(backup, 'verify', 'read a set whole, and with --restore also restore it beside everything, and compare')
    .argument('[set]', SET)
    .option('--restore', 'restore it into scratch databases, and compare these with what the set says')
    .option('--store <name>', `read it from this store only: ${STORE}`)
    .option('--accept-unsigned', 'take a set that was signed with a key that is lost')
    .action(async (set: string | undefined, options: CommonOptions & VerifyCommandOptions) =>
      run(options, (await import('../commands/backup/verify.ts')).verify, set, options),
    );
}

/** A command about sets, which are the family's: nothing chooses databases. */
function addReading(backup: Command, name: string, description: string): Command {
  return backup.command(name).description(description).option('--json', 'print one JSON document');
}
