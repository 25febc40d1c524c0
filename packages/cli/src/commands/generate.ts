import { relative } from 'node:path';
import { runOverFamily } from '@atriz/lifecycle';
import { checkTypes, generateTypes, SCHEMA_FILE } from '@atriz/lifecycle/types';
import { EXIT, exitCodeOfError } from '../exit-code.ts';
import { errorDocument, runFamilyCommand } from '../family-command.ts';
import type { Invocation } from '../invocation.ts';
import { plural } from '../output/terminal.ts';

export interface GenerateOptions {
  readonly check?: boolean | undefined;
}

/** Writes each package's `src/schema.ts`, from a scratch database of its own; with `--check` only compares hashes. */
export function generate(invocation: Invocation, { check = false }: GenerateOptions): Promise<number> {
  if (check) return checkFamily(invocation);
  const databases = invocation.databases.map((database) => ({ ...database, dependsOn: [] }));
  return runFamilyCommand(
    { ...invocation, databases },
    {
      work: generateTypes,
      describe: ({ tables, written }) =>
        written ? `types of ${plural(tables, 'table')} written` : `types of ${plural(tables, 'table')} unchanged`,
    },
  );
}

async function checkFamily({ databases, family, reporter, options }: Invocation): Promise<number> {
  const independent = databases.map((database) => ({ ...database, dependsOn: [] }));
  const outcomes = await runOverFamily(independent, (database) => checkTypes(database, { root: family.root }));
  const documents = outcomes.map((outcome) => {
    const { name, owner, directory } = outcome.database;
    const file = `${relative(family.root, directory)}/${SCHEMA_FILE}`;
    if (outcome.status !== 'failed') reporter.line(`${file} fits its migrations`);
    else reporter.error(outcome.error, name);
    return { name, owner, file, ...(outcome.status === 'failed' ? { error: errorDocument(outcome.error) } : {}) };
  });
  if (options.json) reporter.json({ databases: documents });
  const failure = outcomes.find((outcome) => outcome.status === 'failed');
  return failure ? exitCodeOfError(failure.error) : EXIT.done;
}
