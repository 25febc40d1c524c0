import type { Context } from '@atriz/lifecycle';

/** What of a set is to be brought back, and where to. */
export interface RestoreRequest {
  /** The definitions' names. Default: all databases of the set. */
  readonly databases?: readonly string[] | undefined;
  /** The rows of one table only, `vehicles` or `public.vehicles`; of the one database that has it, or that `databases` names. */
  readonly table?: string | undefined;
  /** What one database, or one table, is called when it is restored beside what exists. */
  readonly as?: string | undefined;
  /** What is added to each database's name when several are restored beside what exists. Default `_restored`. */
  readonly suffix?: string | undefined;
  /** In the place of what exists, which is kept under another name. Default false: beside it. */
  readonly inPlace: boolean;
  /** In place: drop at once what was replaced. Default false. */
  readonly dropOld?: boolean | undefined;
}

export interface RestoreOptions extends RestoreRequest {
  /** The same in the ledger of each database. */
  readonly runId: string;
  /** What the ledgers call the run. Default `backup restore`. */
  readonly command?: string | undefined;
  readonly context: Context;
}

/** One database that was brought back. */
export interface RestoredDatabase {
  /** The definition's name. */
  readonly name: string;
  /** What it is called on its server now. */
  readonly databaseName: string;
  readonly host: string;
  readonly port: number;
  readonly tables: number;
  readonly rows: number;
  readonly durationMs: number;
  /** What the database that it took the place of is called now; null where there was none, or it was dropped. */
  readonly kept: string | null;
  /** The migrations that the workspace's files have and the restored database has not, and the other way round. */
  readonly pending: readonly string[];
  readonly unknown: readonly string[];
}

/** One table whose rows were brought back. */
export interface RestoredTable {
  readonly database: string;
  /** `public.vehicles`, as it is called now. */
  readonly table: string;
  readonly rows: number;
  readonly durationMs: number;
}

/** What a restore did. */
export interface RestoreReport {
  readonly set: string;
  readonly takenAt: string;
  /** Empty for a table. */
  readonly databases: readonly RestoredDatabase[];
  readonly table: RestoredTable | null;
  /** Where the data directory of a server that was replaced as a whole is now; null otherwise. */
  readonly replacedServer: string | null;
  /** What a person should know although all went well, such as that nobody could say how much room there is. */
  readonly warnings: readonly string[];
  readonly durationMs: number;
}
