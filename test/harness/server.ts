import { createDatabasePool, defineDatabase, type DatabasePoolOptions } from '@atriz/database';
import { formatConnectionString, type ConnectionParameters } from '@atriz/database/workspace';
import { findTestServer } from '@atriz/testing';
import { REPOSITORY } from './command.ts';

/** The server that the fixtures' databases are made on, and a way past the command to see what is in them. */
export interface Server {
  readonly parameters: ConnectionParameters;
  /** `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`: what a command needs to find it. */
  readonly variables: Readonly<Record<string, string>>;
  url(database: string): string;
  query<Row extends object>(database: string, text: string, values?: readonly unknown[]): Promise<Row[]>;
  databaseExists(name: string): Promise<boolean>;
  /** Drops the databases that exist, whoever is still connected to them, and their roles. */
  drop(names: readonly string[]): Promise<void>;
}

/** The server that the whole run is on: the one that the environment names, else the embedded one of the checkout. */
export async function openTestServer(): Promise<Server> {
  return serverAt(await findTestServer(defineDatabase({ name: 'postgres' }), REPOSITORY, process.env));
}

export function serverAt(parameters: ConnectionParameters): Server {
  const { host, port, user, password } = parameters;
  const url = (database: string): string => formatConnectionString({ ...parameters, database });
  const query: Server['query'] = async <Row extends object>(
    database: string,
    text: string,
    values: readonly unknown[] = [],
  ) => {
    await using db = createDatabasePool({ ...parameters, database, max: 1 } as DatabasePoolOptions);
    return (await db.query(text, values)).rows as Row[];
  };
  return {
    parameters,
    variables: {
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      ...(password === undefined ? {} : { PGPASSWORD: password }),
    },
    url,
    query,
    databaseExists: async (name) =>
      (await query('postgres', 'SELECT FROM pg_database WHERE datname = $1', [name])).length === 1,
    drop: async (names) => {
      const rows = await query<{ statement: string }>(
        'postgres',
        `SELECT format('DROP DATABASE %I WITH (FORCE)', datname) AS statement FROM pg_database WHERE datname = ANY ($1)`,
        [names],
      );
      for (const { statement } of rows) await query('postgres', statement);
      const roles = names.flatMap((name) => ['owner', 'app', 'read', 'backup'].map((kind) => `${name}_${kind}`));
      const made = await query<{ statement: string }>(
        'postgres',
        `SELECT format('DROP ROLE %I', rolname) AS statement FROM pg_roles WHERE rolname = ANY ($1)`,
        [roles],
      );
      for (const { statement } of made) await query('postgres', statement);
    },
  };
}
