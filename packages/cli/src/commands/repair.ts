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
import { confirm, describeChoice } from '../confirm.ts';
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
  const { name, as } = resolution;
  return runFamilyCommand(invocation, {
    work: (target, context) => resolveMigration(target, resolution, context),
    describe: () => `${name} is ${as === 'applied' ? 'applied' : 'not applied'} from now on`,
    reach: { command: `migrate resolve ${as === 'applied' ? '--applied' : '--rolled-back'} ${name}`, named: true },
  });
}

/** Adopts one existing database, once somebody has agreed. */
export async function baseline(invocation: Invocation, options: BaselineOptions): Promise<number> {
  requireOne(invocation, 'a baseline');
  const where = describeChoice(invocation);
  await confirm(invocation, `write down that all migrations up to ${options.to} are in ${where} already, and run none`);
  return runFamilyCommand(invocation, {
    work: (target, context) => baselineDatabase(target, options, context),
    describe: ({ recorded }) => `${plural(recorded.length, 'migration')} written down as applied`,
    reach: { command: `migrate baseline --to ${options.to}`, named: true },
  });
}

/** Shows how applied migrations were edited, and accepts their texts once somebody has agreed. */
export async function repair(invocation: Invocation): Promise<number> {
  const all = await readEdits(invocation);
  for (const { file, diff } of all) {
    invocation.reporter.line(diff ?? `${file.name} was edited; the ledger has not kept what it was`);
  }
  if (all.length > 0) {
    const names = all.map(({ file }) => file.name).join(', ');
    await confirm(invocation, `accept these texts as the ones that were applied: ${names}`);
  }
  const agreed = new Set(all.map(keyOf));
  return runFamilyCommand(invocation, {
    work: async (target, context) => {
      const edits = (await readEditedMigrations(target, context)).filter((edit) => agreed.has(keyOf(edit)));
      const names = edits.map(({ file }) => file.name);
      return names.length > 0 ? acceptEdits(target, { names }, context) : { accepted: [] };
    },
    reach: { command: 'migrate repair', named: true },
    describe: ({ accepted }) =>
      accepted.length > 0 ? `${plural(accepted.length, 'text')} accepted` : 'nothing was edited',
  });
}

/** How applied migrations were edited, in whichever of the databases, or of the instances that are named; each once. */
async function readEdits(invocation: Invocation): Promise<readonly Edit[]> {
  const found: Edit[] = [];
  if (invocation.options.instance === undefined) {
    for (const database of invocation.databases) {
      found.push(...(await readEditedMigrations(await invocation.open(database), invocation.contextFor(database))));
    }
  } else {
    const [{ openNamedFleets }, { runFleet }] = await Promise.all([
      import('../fleet/named-fleets.ts'),
      import('../fleet/fleet.ts'),
    ]);
    for (const fleet of await openNamedFleets(invocation, invocation.options.instance)) {
      const outcomes = await runFleet(invocation, fleet, readEditedMigrations);
      found.push(...outcomes.flatMap((outcome) => (outcome.status === 'done' ? outcome.result : [])));
    }
  }
  return [...new Map(found.map((edit) => [keyOf(edit), edit])).values()];
}

/** The same edit of the same file, wherever it was found: what was shown is what is accepted. */
function keyOf({ file, diff }: Edit): string {
  return JSON.stringify([file.path, diff]);
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
