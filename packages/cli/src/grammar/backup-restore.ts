import { Option, type Command } from 'commander';
import type { AsOfOptions } from '../commands/backup/restore-as-of.ts';
import type { RestoreCommandOptions } from '../commands/backup/restore.ts';
import type { CommonOptions } from '../invocation.ts';
import { addAskingCommand, type Run } from './command.ts';

/** What only a restore of a set knows. */
const OF_SETS = ['table', 'asSuffix', 'dropOld', 'swapBack', 'store', 'acceptUnsigned'];

interface Which {
  readonly swapBack?: boolean;
}

/** `atriz backup restore …` */
export function addRestoreCommand(backup: Command, run: Run): void {
  addAskingCommand(backup, 'restore', 'bring back a set, some of its databases, or one table')
    .argument('[set]', 'such as backup-20261121T121500Z-4f1c2a9b, of pgBackRest 20261121-121500F; default: the newest')
    .option('--table <name>', 'only the rows of this table, such as public.vehicles')
    .option('--as <name>', 'what the one database, or table, is called when it is restored')
    .addOption(new Option('--as-suffix <ending>', 'what each restored database\u2019s name ends with').conflicts('as'))
    .option('--in-place', 'put it in the place of what exists, which is kept under another name')
    .option('--drop-old', 'drop what a restore in place put aside: with --in-place this one, alone earlier ones')
    .addOption(
      new Option('--swap-back', 'take the last restore in place back').conflicts(['inPlace', 'dropOld', 'table', 'as']),
    )
    .option('--store <name>', 'read it from this store only: folder, s3 or gcs')
    .option('--accept-unsigned', 'take a set that was signed with a key that is lost')
    .addOption(
      new Option(
        '--as-of <time>',
        'through pgBackRest: as of this moment, such as 2026-11-21T12:00:00Z, or latest',
      ).conflicts([...OF_SETS, 'toName']),
    )
    .addOption(new Option('--to-name <name>', 'through pgBackRest: as of this restore point').conflicts(OF_SETS))
    .addOption(
      new Option('--directory <path>', 'the whole server, into this new data directory').conflicts([
        'table',
        'dropOld',
      ]),
    )
    .action(async (set: string | undefined, options: CommonOptions & RestoreCommandOptions & AsOfOptions & Which) => {
      if (options.swapBack) return run(options, (await import('../commands/backup/restored-before.ts')).swapBack);
      if (options.dropOld && !options.inPlace) {
        return run(options, (await import('../commands/backup/restored-before.ts')).dropOld);
      }
      if (options.asOf !== undefined || options.toName !== undefined) {
        return run(options, (await import('../commands/backup/restore-as-of.ts')).restoreAsOf, set, options);
      }
      return run(options, (await import('../commands/backup/restore.ts')).restore, set, options);
    });
}
