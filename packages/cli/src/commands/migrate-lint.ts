import { relative } from 'node:path';
import { readApplied, readMigrationFiles, runOverFamily, type MigrationFile, type Outcome } from '@atriz/lifecycle';
import { describeLintFinding, lintFiles, type LintFinding } from '@atriz/lifecycle/lint';
import type { FamilyDatabase } from '@atriz/database/workspace';
import { EXIT, exitCodeOfError } from '../exit-code.ts';
import { toDocument } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { paint, plural } from '../output/terminal.ts';

export interface LintCommandOptions {
  /** Not only those that are pending; asks no server. */
  readonly everyFile?: boolean | undefined;
}

interface Linted {
  readonly files: number;
  readonly findings: readonly LintFinding[];
}

/** Lints the pending migrations, or with `everyFile` all of them. Errors make the exit code 3; warnings do not. */
export async function lint(invocation: Invocation, { everyFile = false }: LintCommandOptions): Promise<number> {
  const { family, reporter, options } = invocation;
  const independent = invocation.databases.map((database) => ({ ...database, dependsOn: [] }));
  const outcomes = await runOverFamily(independent, async (database): Promise<Linted> => {
    const all = await readMigrationFiles(`${database.directory}/${database.migrationsDirectory}`);
    const files = everyFile ? all : await keepPending(invocation, database, all);
    return { files: files.length, findings: await lintFiles(files, { root: family.root }) };
  });
  for (const outcome of outcomes) tell(invocation, outcome, everyFile);
  if (options.json) {
    const documents = outcomes.map((outcome) => withDocuments(outcome, family.root));
    reporter.json({ databases: documents.map((document) => toDocument(document)) });
  }
  const failure = outcomes.find((outcome) => outcome.status === 'failed');
  if (failure) return exitCodeOfError(failure.error);
  return outcomes.some((outcome) => outcome.status === 'done' && countErrors(outcome.result) > 0)
    ? EXIT.refused
    : EXIT.done;
}

/** In a database that does not exist yet everything is pending. */
async function keepPending(
  invocation: Invocation,
  database: FamilyDatabase,
  files: readonly MigrationFile[],
): Promise<readonly MigrationFile[]> {
  const applied = await readApplied(await invocation.open(database), invocation.contextFor(database));
  return files.filter(({ name }) => !applied?.has(name));
}

function tell({ reporter }: Invocation, outcome: Outcome<Linted>, everyFile: boolean): void {
  const { stdout } = reporter;
  const name = paint(stdout, 'bold', outcome.database.name);
  if (outcome.status === 'failed') reporter.error(outcome.error, outcome.database.name);
  if (outcome.status !== 'done') return;
  const { files, findings } = outcome.result;
  const what = plural(files, everyFile ? 'migration' : 'pending migration');
  for (const finding of findings) {
    const level = paint(stdout, finding.level === 'error' ? 'red' : 'yellow', finding.level);
    reporter.line(`${level} ${describeLintFinding(finding)}`);
    if (finding.hint !== undefined) reporter.line(`${paint(stdout, 'cyan', 'hint')} ${finding.hint}`);
  }
  const errors = countErrors(outcome.result);
  reporter.line(`${name}: ${what} linted, ${plural(errors, 'error')}, ${plural(findings.length - errors, 'warning')}`);
}

function countErrors({ findings }: Linted): number {
  return findings.filter(({ level }) => level === 'error').length;
}

/** A finding as a machine gets it, its file as seen from the workspace's root. */
function withDocuments(outcome: Outcome<Linted>, root: string): Outcome<object> {
  if (outcome.status !== 'done') return outcome;
  const findings = outcome.result.findings.map(({ migration, place, level, rule, message, hint }) => ({
    file: relative(root, migration.path),
    line: place.line,
    column: place.column,
    level,
    rule,
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
  return { ...outcome, result: { files: outcome.result.files, findings } };
}
