import { text } from 'node:stream/consumers';
import type { ChildConnection } from './child-connection.ts';
import { startProgram, streamProgram } from './child-program.ts';
import type { Programs } from './programs.ts';

/** Listing an archive reaches no database. */
const NOWHERE: ChildConnection = {
  environment: { LC_ALL: 'C' },
  descriptors: [],
  databaseOption: '',
  secret: undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

/** `12; 3079 16385 EXTENSION - pg_trgm `: an entry of an archive's table of contents. */
const EXTENSION = /^\d+; \d+ \d+ EXTENSION - (.+?) *$/gm;

/** The names of the extensions that an archive makes. Throws `CLIENT_TOOL_FAILED` for what is no archive. */
export async function findExtensions(
  archive: Buffer,
  { programs, signal }: { readonly programs: Pick<Programs, 'pgRestore'>; readonly signal: AbortSignal | undefined },
): Promise<string[]> {
  const listed = await text(
    streamProgram(() => startProgram(programs.pgRestore, ['--list'], { connection: NOWHERE, signal }), archive),
  );
  return [...listed.matchAll(EXTENSION)].map(([, name]) => name!);
}
