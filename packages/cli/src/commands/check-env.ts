import { AtrizError, readPoolSettings } from '@atriz/database';
import {
  describeConnection,
  readEnvironment,
  readServerFile,
  resolveConnection,
  type Connection,
  type Environment,
  type FamilyDatabase,
  type Setting,
} from '@atriz/database/workspace';
import { EXIT, exitCodeOfError } from '../exit-code.ts';
import { errorDocument } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { alignColumns, type Cell } from '../output/terminal.ts';
import { readSafetyRows, safetyCells, type SafetyRow } from './check-safety.ts';

interface Checked {
  readonly database: FamilyDatabase;
  readonly connection?: Connection;
  readonly error?: unknown;
  readonly safety: readonly SafetyRow[];
  /** Why the safety switches could not be read: the same for every database. */
  readonly safetyError?: unknown;
}

/**
 * Tells, for each database, where it would be connected to, and which variable of which file says so; which safety
 * switches are on; and whether the `DB_POOL_…` variables can be read. Connects to none.
 */
export async function checkEnv(invocation: Invocation): Promise<number> {
  const { family, reporter, options } = invocation;
  const { checked, problems } = await checkSettings(invocation);
  const server = await readServerFile(family.root);
  const embedded = server ? `embedded server (${server.host}:${server.port})` : 'embedded server (starts on demand)';
  const rows = checked.map(({ database, connection, error, safety }) => ({
    name: database.name,
    owner: database.owner,
    safety,
    ...(connection ? describe(connection, embedded) : { error: errorDocument(error) }),
  }));
  if (options.json) {
    reporter.json({ databases: rows, problems: problems.map(errorDocument) });
  } else {
    const headings = ['DATABASE', 'CONNECTION', 'DECIDED BY'].map((text): Cell => ({ text, style: 'dim' }));
    const lines = checked.map(({ database, connection, error }) => cellsOf(database, connection, error, embedded));
    for (const line of alignColumns(reporter.stdout, [headings, ...lines])) reporter.line(line);
    if (checked.some(({ safety }) => safety.length > 0)) {
      reporter.line('');
      const safetyHeadings = ['SAFETY SWITCH', 'VALUE', 'DECIDED BY'].map((text): Cell => ({ text, style: 'dim' }));
      for (const line of alignColumns(reporter.stdout, [safetyHeadings, ...safetyCells(checked)])) reporter.line(line);
    }
    for (const { database, error } of checked) if (error !== undefined) reporter.error(error, database.name);
    for (const problem of problems) reporter.error(problem);
  }
  const error = [...checked.map((each) => each.error), ...problems].find((each) => each !== undefined);
  return error === undefined ? EXIT.done : exitCodeOfError(error);
}

/** What the settings come to for each chosen database, and what is wrong with those that are the same for all. */
export async function checkSettings(
  invocation: Invocation,
): Promise<{ readonly checked: readonly Checked[]; readonly problems: readonly unknown[] }> {
  const checked = await Promise.all(invocation.databases.map((database) => check(invocation, database)));
  const problems = [checked[0]?.safetyError, checkPoolSettings(invocation)].filter((error) => error !== undefined);
  return { checked, problems };
}

async function check({ family, surroundings }: Invocation, database: FamilyDatabase): Promise<Checked> {
  const environment = await readEnvironment(family.root, database.directory, surroundings.variables);
  return { database, ...readConnection(database, environment), ...readSwitches(environment) };
}

function readConnection(database: FamilyDatabase, environment: Environment): Pick<Checked, 'connection' | 'error'> {
  try {
    return { connection: resolveConnection(database, environment, { direct: true }) };
  } catch (error) {
    return { error };
  }
}

function readSwitches(environment: Environment): Pick<Checked, 'safety' | 'safetyError'> {
  try {
    return { safety: readSafetyRows(environment) };
  } catch (error) {
    return { safety: [], safetyError: error };
  }
}

/** What pools would say of `DB_POOL_MAX` and its like, which they read from the process. */
function checkPoolSettings({ surroundings }: Invocation): unknown {
  try {
    readPoolSettings(surroundings.variables);
    return undefined;
  } catch (error) {
    return error;
  }
}

function describe(connection: Connection, embedded: string) {
  const { provider, environment, settings } = connection;
  return {
    provider,
    environment,
    connection: provider === 'embedded' ? embedded : describeConnection(connection.parameters),
    settings: settings.map(({ variable, from }) => ({ variable, from })),
  };
}

function cellsOf(
  { name }: FamilyDatabase,
  connection: Connection | undefined,
  error: unknown,
  embedded: string,
): readonly Cell[] {
  if (!connection) {
    return [
      { text: name, style: 'bold' },
      { text: '-' },
      { text: error instanceof AtrizError ? error.code : 'error', style: 'red' },
    ];
  }
  const description = describe(connection, embedded);
  return [
    { text: name, style: 'bold' },
    { text: description.connection },
    { text: describeSources(connection.settings) || 'nothing is configured' },
  ];
}

/** `PGHOST, PGPORT of .env, PGPASSWORD of the process`: neighbours of one source share its name. */
function describeSources(settings: readonly Setting[]): string {
  return settings
    .map(({ variable, from }, index) => (settings[index + 1]?.from === from ? variable : `${variable} of ${from}`))
    .join(', ');
}
