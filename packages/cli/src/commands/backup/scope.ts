import type { Context } from '@atriz/lifecycle';
import type { Invocation } from '../../invocation.ts';

/** For work on a set, which is about several databases: progress is told without a database's name. */
export function backupContext({ family, contextFor, reporter }: Invocation): Context {
  const [first] = family.databases;
  return { ...(first && contextFor(first)), onProgress: (message) => reporter.progress('', message) };
}

/** The databases that somebody chose, by name or by standing in a package; undefined where it is all that there are. */
export function chosenNames({ family, databases, options }: Invocation): readonly string[] | undefined {
  if (options.database === undefined && databases.length === family.databases.length) return undefined;
  return databases.map(({ name }) => name);
}
