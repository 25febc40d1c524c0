import { relative } from 'node:path';
import type { FamilyDatabase } from '@atriz/database/workspace';
import { lintMigrations, type LintOptions } from '../lint/lint.ts';
import { findFaults } from '../plan/faults.ts';
import { namesOf } from '../plan/nodes.ts';
import { squashedFile } from '../squash/standing.ts';
import { findingOfError, findingOfFile, findingOfLint, type Finding } from './finding.ts';
import { readFiles, type ReadFiles } from './read.ts';

/** What was looked at for a database, and what was found. */
export interface Validation {
  readonly database: FamilyDatabase;
  /** How many migration files it has. */
  readonly files: number;
  /** How many of them could be linted: those that could be read. */
  readonly linted: number;
  /** How many `requires` lines they have. */
  readonly requires: number;
  readonly findings: readonly Finding[];
}

export interface ValidateOptions extends LintOptions {
  /** The whole family: `requires` lines name its databases and migrations, and may close circles over any of them. */
  readonly family: readonly FamilyDatabase[];
}

/**
 * Checks every migration file of some databases without a server: names, markers, directives, statements, the linter's
 * rules, and the `requires` lines over the family. Writes nothing.
 *
 * Throws `LINTER_FAILED`; whatever is wrong with a file is a finding.
 */
export async function validateMigrations(
  databases: readonly FamilyDatabase[],
  { family, root }: ValidateOptions,
): Promise<Validation[]> {
  const read = new Map(await Promise.all(family.map(async (each) => [each.name, await readFiles(each)] as const)));
  const chosen = databases.map(({ name }) => read.get(name)!);
  const readable = chosen.flatMap(withoutSyntaxFaults);
  const lint = await lintMigrations(readable, { root });
  const requirementFaults = checkRequirements([...read.values()], root);
  return chosen.map(({ database, files, migrations, findings }): Validation => {
    const paths = new Set(files.map(({ path }) => path));
    const fault = requirementFaults.get(database.name);
    return {
      database,
      files: files.length,
      linted: readable.filter(({ path }) => paths.has(path)).length,
      requires: migrations.reduce((sum, { directives }) => sum + directives.requires.length, 0),
      findings: [
        ...findings,
        ...findSquashedFiles(read.get(database.name)!),
        ...lint.filter(({ migration }) => paths.has(migration.path)).map(findingOfLint),
        ...(fault ? [findingOfError(fault)] : []),
      ],
    };
  });
}

/** The linter would tell the same again. */
function withoutSyntaxFaults({ migrations, findings }: ReadFiles): ReadFiles['migrations'] {
  const faulty = new Set(findings.filter(({ rule }) => rule === 'syntax').map(({ path }) => path));
  return migrations.filter(({ path }) => !faulty.has(path));
}

function checkRequirements(all: readonly ReadFiles[], root: string): ReturnType<typeof findFaults> {
  const graph = all.map(({ database, files, migrations }) => ({
    name: database.name,
    dependsOn: database.dependsOn,
    migrations: files.map(({ name, path }) => {
      const { requires = [], squashes = [] } = migrations.find((each) => each.name === name)?.directives ?? {};
      return { name, path: relative(root, path), requires, squashes };
    }),
  }));
  return findFaults(graph, new Map(graph.map((each) => [each.name, namesOf(each)])));
}

/** What a squash that was cut off leaves: a new database would get the same twice. */
function findSquashedFiles({ files, migrations }: ReadFiles): Finding[] {
  return migrations.flatMap(({ name, directives: { squashes } }) =>
    files
      .filter((file) => squashes.includes(file.name))
      .map((file) => findingOfFile(file.path, squashedFile(file, name))),
  );
}
