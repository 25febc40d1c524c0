import { AtrizError, sqlState } from '@atriz/database';

/** The server ended the session: for a shutdown, a crash of another session, or at somebody's word. */
const ENDED = new Set(['57P01', '57P02', '57P03']);
/** What the operating system, and pg, call a connection that is gone. */
const GONE = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
const TERMINATED = /^Connection terminated|not queryable/;

/** `CONNECTION_LOST` for what says that a session which held a snapshot is gone; any other error as it is. */
export function toLostSession(error: unknown, databases: string): unknown {
  if (error instanceof AtrizError || !(error instanceof Error)) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const lost = ENDED.has(sqlState(error)) || GONE.has(code) || TERMINATED.test(message);
  if (!lost) return error;
  return new AtrizError('CONNECTION_LOST', `a session that held the snapshot of ${databases} was lost: ${message}`, {
    hint: "see the server's log for why it ended the session, and run the command again",
    cause: error,
  });
}
