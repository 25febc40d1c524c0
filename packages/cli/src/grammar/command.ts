import { InvalidArgumentError, Option, type Command, type CommandOptions } from 'commander';
import type { CommonOptions, Invocation } from '../invocation.ts';

export type Action<Arguments extends readonly unknown[]> = (
  invocation: Invocation,
  ...parameters: Arguments
) => Promise<number>;

/** Opens the invocation that the options describe, runs the action in it, and hands on its exit code. */
export type Run = <Arguments extends readonly unknown[]>(
  options: CommonOptions,
  action: Action<Arguments>,
  ...parameters: Arguments
) => Promise<void>;

/** A command that acts on databases: the options that choose them, and `--json`. */
export function addCommand(parent: Command, name: string, description: string, options: CommandOptions = {}): Command {
  return addOwnCommand(parent, name, description, options).option(
    '--all',
    'act on the whole family, wherever the command runs',
  );
}

/** {@link addCommand} without `--all`, for a command to which that means something else. */
export function addOwnCommand(
  parent: Command,
  name: string,
  description: string,
  options: CommandOptions = {},
): Command {
  return parent
    .command(name, options)
    .description(description)
    .addOption(new Option('--database <name>', 'act on this database only; may be repeated').argParser(collect))
    .option('--json', 'print one JSON document');
}

/** Adds the options of a command that acts on the instances of definitions that have some. */
export function addFleetOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--instance <name>', 'act on this instance only, * for any characters; may be repeated').argParser(
        collect,
      ),
    )
    .option('--instances', 'tell of each instance')
    .addOption(new Option('--concurrency <number>', 'so many instances at once, at most').argParser(parseCount))
    .addOption(
      new Option('--max-failures <number>', 'begin no other instance after so many failures').argParser(parseCount),
    );
}

/** A command that asks before it acts: {@link addCommand} with `--yes`. */
export function addAskingCommand(parent: Command, name: string, description: string): Command {
  return addCommand(parent, name, description).option('--yes', 'do not ask');
}

export function acceptLintOption(): Option {
  return new Option('--accept-lint', 'apply in production what the linter finds errors in');
}

export function countOption(): Option {
  return new Option('--count <number>', 'at most this many').argParser(parseCount);
}

export function portOption(): Option {
  return new Option('--port <number>', 'listen on this port').argParser(parsePort);
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
