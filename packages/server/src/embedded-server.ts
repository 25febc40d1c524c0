/** Where an embedded server listens: loopback, and nowhere else. */
export const HOST = '127.0.0.1';

/** The one role of a new embedded server, a superuser as PostgreSQL's own default is. */
export const SUPERUSER = 'postgres';

/** How long any call here waits for a server, in milliseconds, when the caller names no other limit. */
export const DEFAULT_TIMEOUT_MS = 60_000;

/** A running PostgreSQL that Atriz keeps, and what it takes to connect to it. */
export interface EmbeddedServer {
  readonly host: typeof HOST;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly dataDirectory: string;
  /** The process id of its postmaster. */
  readonly pid: number;
  /** Whether this very call started it; false when it was found running. */
  readonly started: boolean;
}

/** Receives one line for a person to read, before each step that takes a while. */
export type Progress = (message: string) => void;
