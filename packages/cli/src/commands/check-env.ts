import { AtrizError } from '@atriz/database';
import {
  describeConnection,
  readEnvironment,
  readServerFile,
  resolveConnection,
  type Connection,
  type FamilyDatabase,
} from '@atriz/database/workspace';
import { EXIT, exitCodeOfError } from '../exit-code.ts';
import { errorDocument } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { alignColumns, type Cell } from '../output/terminal.ts';

interface Checked {
  readonly database: FamilyDatabase;
  readonly connection?: Connection;
  readonly error?: unknown;
}

/** Tells, for each database, where it would be connected to, and which variable of which file says so. Connects to none. */
export async function checkEnv(invocation: Invocation): Promise<number> {
  const { family, databases, reporter, options } = invocation;
  const checked = await Promise.all(databases.map((database) => check(invocation, database)));
  const server = await readServerFile(family.root);
  const embedded = server ? `embedded server (${server.host}:${server.port})` : 'embedded server (starts on demand)';
  const rows = checked.map(({ database, connection, error }) => ({
    name: database.name,
    owner: database.owner,
    ...(connection ? describe(connection, embedded) : { error: errorDocument(error) }),
  }));
  if (options.json) {
    reporter.json({ databases: rows });
  } else {
    const headings = ['DATABASE', 'CONNECTION', 'DECIDED BY'].map((text): Cell => ({ text, style: 'dim' }));
    const lines = checked.map(({ database, connection, error }) => cellsOf(database, connection, error, embedded));
    for (const line of alignColumns(reporter.stdout, [headings, ...lines])) reporter.line(line);
    for (const { error } of checked) if (error !== undefined) reporter.error(error);
  }
  const failed = checked.find(({ error }) => error !== undefined);
  return failed ? exitCodeOfError(failed.error) : EXIT.done;
}

async function check({ family, surroundings }: Invocation, database: FamilyDatabase): Promise<Checked> {
  const environment = await readEnvironment(family.root, database.directory, surroundings.variables);
  try {
    return { database, connection: resolveConnection(database, environment, { direct: true }) };
  } catch (error) {
    return { database, error };
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
  const decided = description.settings.map(({ variable, from }) => `${variable} of ${from}`).join(', ');
  return [
    { text: name, style: 'bold' },
    { text: description.connection },
    { text: decided || 'nothing is configured' },
  ];
}
