import { AtrizError } from '@atriz/database';
import {
  acceptEdits,
  baselineDatabase,
  readEditedMigrations,
  resolveMigration,
  type BaselineOptions,
  type Edit,
  type Resolution,
} from '@atriz/lifecycle';
import type { FamilyDatabase } from '@atriz/database/workspace';
import { confirm } from '../confirm.ts';
import { runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { plural } from '../output/terminal.ts';

export interface ResolveOptions {
  readonly applied?: string | undefined;
  readonly rolledBack?: string | undefined;
}

/** Writes down what was done by hand about one migration. */
export async function resolve(invocation: Invocation, { applied, rolledBack }: ResolveOptions): Promise<number> {
  requireOne(invocation, 'a migration');
  const resolution = readResolution(applied, rolledBack);
  return runFamilyCommand(invocation, {
    work: (target, context) => resolveMigration(target, resolution, context),
    describe: ({ name, as }) => `${name} is ${as === 'applied' ? 'applied' : 'not applied'} from now on`,
  });
}

/** Adopts one existing database, once somebody has agreed. */
export async function baseline(invocation: Invocation, options: BaselineOptions): Promise<number> {
  const { name } = requireOne(invocation, 'a baseline');
  await confirm(invocation, `write down that all migrations up to ${options.to} are in ${name} already, and run none`);
  return runFamilyCommand(invocation, {
    work: (target, context) => baselineDatabase(target, options, context),
    describe: ({ recorded }) => `${plural(recorded.length, 'migration')} written down as applied`,
  });
}

/** Shows how applied migrations were edited, and accepts their texts once somebody has agreed. */
export async function repair(invocation: Invocation): Promise<number> {
  const edits = new Map<string, readonly Edit[]>();
  for (const database of invocation.databases) {
    const target = await invocation.open(database);
    edits.set(database.name, await readEditedMigrations(target, invocation.contextFor(database)));
  }
  const all = [...edits.values()].flat();
  for (const { file, diff } of all) {
    invocation.reporter.line(diff ?? `${file.name} was edited; the ledger has not kept what it was`);
  }
  if (all.length > 0) {
    const names = all.map(({ file }) => file.name).join(', ');
    await confirm(invocation, `accept these texts as the ones that were applied: ${names}`);
  }
  return runFamilyCommand(invocation, {
    work: async (target, context) => {
      const names = edits.get(target.database.name)!.map(({ file }) => file.name);
      return names.length > 0 ? acceptEdits(target, { names }, context) : { accepted: [] };
    },
    describe: ({ accepted }) =>
      accepted.length > 0 ? `${plural(accepted.length, 'text')} accepted` : 'nothing was edited',
  });
}

function readResolution(applied: string | undefined, rolledBack: string | undefined): Resolution {
  if (applied !== undefined && rolledBack === undefined) return { name: applied, as: 'applied' };
  if (rolledBack !== undefined && applied === undefined) return { name: rolledBack, as: 'rolled-back' };
  throw new AtrizError('ARGUMENT_INVALID', 'exactly one of --applied NAME and --rolled-back NAME is needed', {
    hint: 'look into the database which of the two is true; atriz migrate status shows the names',
  });
}

function requireOne({ databases }: Invocation, what: string): FamilyDatabase {
  const [database, ...others] = databases;
  if (database && others.length === 0) return database;
  throw new AtrizError('ARGUMENT_INVALID', `${what} belongs to one database`, {
    hint: 'run it inside the package, or add --database NAME',
  });
}
