import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { ServerAddress } from './server.ts';

/** The superuser's hand on the server's databases, for everything around what is measured. */
export interface Databases {
  connectionString(database: string): string;
  query(database: string, ...statements: readonly string[]): Promise<void>;
  /** Makes the database, empty, after setting an older one aside, and lets the disk come to rest. */
  createDatabase(name: string): Promise<void>;
  /**
   * Gives databases another name, where they exist, so that theirs are free. Nothing is dropped before the server
   * goes: ext4 passes over every file deleted in the last minutes when it makes a new one, so that a database of some
   * hundred files dropped now slows down whoever creates the next ones.
   */
  setAside(names: readonly string[]): Promise<void>;
  readDatabases(): Promise<string[]>;
  /** `pg_database_size`, in MiB. */
  readSizeMiB(database: string): Promise<number>;
}

const IN_USE_PAUSE_MS = 10;
const IN_USE_TRIES = 500;

export function openDatabases({ host, port, user, password }: ServerAddress): Databases {
  let setAsideSoFar = 0;

  const withClient = async <Result>(
    database: string,
    work: (client: pg.Client) => Promise<Result>,
  ): Promise<Result> => {
    const client = new pg.Client({ host, port, user, password, database, ssl: false });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const query: Databases['query'] = (database, ...statements) =>
    withClient(database, async (client) => {
      for (const statement of statements) await client.query(statement);
    });
  const readDatabases: Databases['readDatabases'] = () =>
    withClient('postgres', async (client) => {
      const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database');
      return rows.map(({ datname }) => datname);
    });
  const setAside: Databases['setAside'] = async (names) => {
    const existing = await readDatabases();
    for (const name of names.filter((each) => existing.includes(each))) {
      setAsideSoFar += 1;
      const statement = `ALTER DATABASE ${pg.escapeIdentifier(name)} RENAME TO set_aside_${setAsideSoFar}`;
      await whenUnused(() => query('postgres', statement));
    }
  };

  return {
    connectionString: (database) =>
      `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}?sslmode=disable`,
    query,
    createDatabase: async (name) => {
      await setAside([name]);
      await query('postgres', `CREATE DATABASE ${pg.escapeIdentifier(name)}`, 'CHECKPOINT');
    },
    setAside,
    readDatabases,
    readSizeMiB: (database) =>
      withClient(database, async (client) => {
        const { rows } = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
        return Number(rows[0]!.bytes) / 2 ** 20;
      }),
  };
}

/** The session of a process that has ended can be in the database for a moment longer. */
async function whenUnused(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const inUse = error instanceof pg.DatabaseError && error.code === '55006';
      if (!inUse || attempt === IN_USE_TRIES) throw error;
      await wait(IN_USE_PAUSE_MS);
    }
  }
}
