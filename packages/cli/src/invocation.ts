import { randomUUID } from 'node:crypto';
import { AtrizError } from '@atriz/database';
import {
  findWorkspaceRoot,
  readFamily,
  type Family,
  type FamilyDatabase,
  type ServerFile,
} from '@atriz/database/workspace';
import { openTarget, type Context, type OpenOther, type Target } from '@atriz/lifecycle';
import { createLazyCatalogue } from './backup-catalogue.ts';
import { openBackupWorkspace } from './backup-workspace.ts';
import type { FleetOptions } from './fleet/options.ts';
import { createLintInspection } from './lint-inspection.ts';
import { createReporter, readLogLevel, type Reporter } from './output/reporter.ts';
import { selectDatabases, type SelectionOptions } from './selection.ts';

/** The process as the command sees it; `main.ts` gives the real one. */
export interface Surroundings {
  readonly directory: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

export interface CommonOptions extends SelectionOptions, FleetOptions {
  readonly json?: boolean | undefined;
  readonly yes?: boolean | undefined;
  /** Apply in production what the linter finds errors in. */
  readonly acceptLint?: boolean | undefined;
}

/** One run of the command: the family, the databases chosen, and everything an operation on them needs. */
export interface Invocation extends AsyncDisposable {
  readonly family: Family;
  readonly databases: readonly FamilyDatabase[];
  readonly options: CommonOptions;
  readonly reporter: Reporter;
  readonly surroundings: Surroundings;
  /** In the ledger of each database that the run writes to; `ATRIZ_RUN_ID`, so that a CI job is one run, or a new one. */
  readonly runId: string;
  /** Past a pooler, unless `direct` is false: then the way that the application goes. */
  open(database: FamilyDatabase, options?: { readonly direct?: boolean }): Promise<Target>;
  /** Opens a database of the family that another one requires something of. */
  readonly openOther: OpenOther;
  contextFor(database: FamilyDatabase): Context;
}

/** Reads the workspace around the current directory. Connects to nothing and starts nothing yet. */
export async function openInvocation(surroundings: Surroundings, options: CommonOptions): Promise<Invocation> {
  const { directory, variables, stdout, stderr, signal } = surroundings;
  const level = readLogLevel(variables['LOG_LEVEL']);
  const reporter = createReporter({ stdout, stderr, json: options.json ?? false, level });
  const root = await findWorkspaceRoot(directory);
  const family = await readFamily(root);
  const runId = readRunId(variables['ATRIZ_RUN_ID']);
  const inspectPending = options.acceptLint ? undefined : createLintInspection(root);
  const embedded = createEmbedded(root, variables, (message) => reporter.progress('', message));
  const open: Invocation['open'] = (database, { direct } = {}) =>
    openTarget(database, { family: family.name, root, variables, direct, startEmbedded: embedded.start });
  const invocation: Invocation = {
    family,
    databases: selectDatabases(family, directory, options),
    options,
    reporter,
    surroundings,
    runId,
    open,
    openOther: async (name) => {
      const database = family.databases.find((each) => each.name === name);
      return database && open(database);
    },
    contextFor: ({ name }) => ({
      signal,
      runId,
      allowDestructive: variables['ATRIZ_ALLOW_DESTRUCTIVE'],
      inspectPending,
      backups,
      onProgress: (message) => reporter.progress(name, message),
      onStatement: reporter.debug ? (text, durationMs) => reporter.statement(name, text, durationMs) : undefined,
    }),
    [Symbol.asyncDispose]: embedded.stop,
  };
  const backups = createLazyCatalogue(() => openBackupWorkspace(invocation));
  return invocation;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function readRunId(text: string | undefined): string {
  if (!text) return randomUUID();
  if (UUID.test(text)) return text.toLowerCase();
  throw new AtrizError('SETTING_INVALID', `ATRIZ_RUN_ID is "${text}", not a UUID`, {
    hint: 'make one, for example with uuidgen, or remove it',
  });
}

/** Starts the embedded server once, however many databases ask; with `ATRIZ_EPHEMERAL=1` one that ends with the command. */
function createEmbedded(
  root: string,
  variables: Surroundings['variables'],
  onProgress: (message: string) => void,
): { readonly start: () => Promise<ServerFile>; readonly stop: () => Promise<void> } {
  let server: Promise<ServerFile & Partial<AsyncDisposable>> | undefined;
  const startNow = async (): Promise<ServerFile & Partial<AsyncDisposable>> => {
    const { startEphemeralServer, startServer } = await import('@atriz/server');
    return variables['ATRIZ_EPHEMERAL'] === '1'
      ? startEphemeralServer({ onProgress })
      : startServer({ root, onProgress });
  };
  return {
    start: () => (server ??= startNow()),
    stop: async () => {
      const started = await server?.catch(() => undefined);
      await started?.[Symbol.asyncDispose]?.();
    },
  };
}
