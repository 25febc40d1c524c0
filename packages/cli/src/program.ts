import { Command, InvalidArgumentError, Option, type CommandOptions } from 'commander';
import { VERSION } from '@atriz/lifecycle';
import type { CountOption } from './commands/migrate.ts';
import type { StartOptions } from './commands/server.ts';
import { openInvocation, type CommonOptions, type Invocation, type Surroundings } from './invocation.ts';

type Action<Arguments extends readonly unknown[]> = (
  invocation: Invocation,
  ...parameters: Arguments
) => Promise<number>;

/**
 * The command's grammar. Each command is loaded when it is called for, so that none pays for another's imports.
 * `onExitCode` gets the code of the command that ran; usage errors are thrown as commander's `CommanderError`.
 */
export function createProgram(surroundings: Surroundings, onExitCode: (code: number) => void): Command {
  const run = async <Arguments extends readonly unknown[]>(
    options: CommonOptions,
    action: Action<Arguments>,
    ...parameters: Arguments
  ): Promise<void> => {
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

  const addDestructive = (name: string, description: string): Command =>
    add(program, name, description).option('--yes', 'do not ask');

  add(program, 'setup', 'create, migrate and seed whatever is not yet, then show the status').action(
    async (options: CommonOptions) => run(options, (await import('./commands/database.ts')).setup),
  );
  add(program, 'create', 'create the database, if it does not exist').action(async (options: CommonOptions) =>
    run(options, (await import('./commands/database.ts')).create),
  );
  addMigrate(program, run);
  add(program, 'seed', 'run the seeds').action(async (options: CommonOptions) =>
    run(options, (await import('./commands/database.ts')).seed),
  );
  addDestructive('clean', 'delete every row; structure and history stay').action(async (options: CommonOptions) =>
    run(options, (await import('./commands/database.ts')).clean),
  );
  addDestructive('reset', 'drop the database, and create, migrate and seed it anew').action(
    async (options: CommonOptions) => run(options, (await import('./commands/database.ts')).reset),
  );
  addDestructive('drop', 'drop the database with everything in it').action(async (options: CommonOptions) =>
    run(options, (await import('./commands/database.ts')).drop),
  );
  add(program, 'status', 'show what is applied, pending and wrong').action(async (options: CommonOptions) =>
    run(options, (await import('./commands/status.ts')).showStatus),
  );
  add(program, 'health', 'ask each database one thing, and time the answer').action(async (options: CommonOptions) =>
    run(options, (await import('./commands/health.ts')).health),
  );
  add(program, 'start', 'start the embedded server')
    .addOption(new Option('--port <number>', 'listen on this port').argParser(parsePort))
    .action(async (options: CommonOptions & StartOptions) =>
      run(options, (await import('./commands/server.ts')).start, options),
    );
  add(program, 'stop', 'stop the embedded server').action(async (options: CommonOptions) =>
    run(options, (await import('./commands/server.ts')).stop),
  );
  const check = program.command('check').description('check what can be checked without a server');
  add(check, 'env', 'tell which variable of which file decides where each database is').action(
    async (options: CommonOptions) => run(options, (await import('./commands/check-env.ts')).checkEnv),
  );
  return program;
}

type Run = <Arguments extends readonly unknown[]>(
  options: CommonOptions,
  action: Action<Arguments>,
  ...parameters: Arguments
) => Promise<void>;

function addMigrate(program: Command, run: Run): void {
  const migrate = program.command('migrate').description('bring the schema up to date, or back');

  add(migrate, 'up', 'apply the pending migrations (the default)', { isDefault: true })
    .addOption(countOption())
    .action(async (options: CommonOptions & CountOption) =>
      run(options, (await import('./commands/migrate.ts')).up, options),
    );
  add(migrate, 'down', 'undo the newest migration, or --count of them')
    .addOption(countOption())
    .action(async (options: CommonOptions & CountOption) =>
      run(options, (await import('./commands/migrate.ts')).down, options),
    );
  add(migrate, 'redo', 'undo the newest migration and apply it again')
    .addOption(countOption())
    .action(async (options: CommonOptions & CountOption) =>
      run(options, (await import('./commands/migrate.ts')).redo, options),
    );
  add(migrate, 'status', 'show what is applied, pending and wrong').action(async (options: CommonOptions) =>
    run(options, (await import('./commands/status.ts')).showStatus),
  );
  add(migrate, 'create', 'make an empty migration file')
    .argument('<name>', 'what it does, such as add_vehicles')
    .action(async (name: string, options: CommonOptions) =>
      run(options, (await import('./commands/migrate.ts')).create, name),
    );
}

/** A command that acts on databases: the options that choose them, and `--json`. */
function add(parent: Command, name: string, description: string, options: CommandOptions = {}): Command {
  return parent
    .command(name, options)
    .description(description)
    .option('--all', 'act on the whole family, wherever the command runs')
    .addOption(new Option('--database <name>', 'act on this database only; may be repeated').argParser(collect))
    .option('--json', 'print one JSON document');
}

function countOption(): Option {
  return new Option('--count <number>', 'at most this many').argParser(parseCount);
}

function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('It is not a whole number of at least 1.');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It is not a port, a number from 1 to 65535.');
}
