import { AtrizError, type ErrorCode } from '@atriz/database';
import type pg from 'pg';
import { checkIdentity } from '../ledger/identity.ts';
import type { UnfinishedMigration } from '../ledger/state.ts';
import type { Target } from '../target.ts';
import { readEdits, type Edit } from './edits.ts';
import type { Standing } from './standing.ts';

/** Something that keeps `up` from running. */
export interface Obstacle {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  /** The migration's name, where it is about one. */
  readonly name?: string;
}

export interface ObstacleOptions {
  /** Pass over files that are older than the newest applied one. */
  readonly outOfOrder?: boolean | undefined;
}

/**
 * Everything that keeps `up` from running, worst first, one for each migration; pure. The codes are
 * `IDENTITY_MISMATCH`, `MIGRATION_UNFINISHED`, `MIGRATION_EDITED`, `SQUASH_PARTIAL`, `MIGRATION_MISSING` and `MIGRATION_OUT_OF_ORDER`.
 */
export function findObstacles(
  standing: Standing,
  target: Target,
  { outOfOrder = false }: ObstacleOptions = {},
): readonly Obstacle[] {
  return [
    ...findMismatch(standing, target),
    ...standing.unfinished.map(unfinished),
    ...standing.edited.map(({ name }) => edited(name)),
    ...standing.partlySquashed.map(({ file, missing: names }) => partlySquashed(file.name, names)),
    ...standing.missing.map((name) => missing(name, standing.renamed.get(name))),
    ...(outOfOrder ? [] : standing.outOfOrder.map(({ name }) => late(name))),
  ];
}

function findMismatch({ identity }: Standing, target: Target): Obstacle[] {
  if (!identity) return [];
  try {
    checkIdentity(identity, target);
    return [];
  } catch (error) {
    if (!(error instanceof AtrizError)) throw error;
    return [{ code: error.code, message: error.message, hint: error.hint }];
  }
}

function unfinished({ name, direction, statement, statementCount, error }: UnfinishedMigration): Obstacle {
  const deed = direction === 'up' ? 'applying' : 'undoing';
  const place =
    statement > statementCount ? `behind the last of ${statementCount}` : `at ${statement} of ${statementCount}`;
  return {
    code: 'MIGRATION_UNFINISHED',
    name,
    message: `${name} runs without a transaction, and ${deed} it stopped ${place} statements: ${error ?? 'the run was cut off'}`,
    hint:
      'finish it by hand, or undo what it did (an index may be left INVALID); then say which: ' +
      `atriz migrate resolve --applied ${name}, or --rolled-back ${name}`,
  };
}

function edited(name: string): Obstacle {
  return {
    code: 'MIGRATION_EDITED',
    name,
    message: `${name} was edited after it was applied`,
    hint: 'bring its old text back and write a new migration; while you work on it: atriz migrate redo; when only the words changed: atriz migrate repair',
  };
}

function partlySquashed(name: string, names: readonly string[]): Obstacle {
  return {
    code: 'SQUASH_PARTIAL',
    name,
    message: `${name} takes the place of migrations of which some are applied, and these are not: ${names.join(', ')}`,
    hint: 'apply them from a checkout that still has their files, then run this again',
  };
}

function missing(name: string, renamedTo: string | undefined): Obstacle {
  if (renamedTo !== undefined) {
    const message = `${name} is applied, but its file is called ${renamedTo} now`;
    return { code: 'MIGRATION_MISSING', name, message, hint: `give the file its old name back: ${name}.sql` };
  }
  return {
    code: 'MIGRATION_MISSING',
    name,
    message: `${name} is applied, but its file is gone`,
    hint: 'bring the file back, for example from the branch that has it',
  };
}

function late(name: string): Obstacle {
  return {
    code: 'MIGRATION_OUT_OF_ORDER',
    name,
    message: `${name} is not applied, but older than the newest applied`,
    hint: 'give the file a newer timestamp; or apply it all the same: atriz migrate up --allow-out-of-order',
  };
}

/** Throws what is worst; of the same kind all at once, and edits with the difference that they make. */
export async function refuse(client: pg.Client, { edited }: Standing, obstacles: readonly Obstacle[]): Promise<void> {
  const [worst] = obstacles;
  if (worst === undefined) return;
  const alike = obstacles.filter(({ code }) => code === worst.code);
  const edits = worst.code === 'MIGRATION_EDITED' ? await readEdits(client, edited) : [];
  const lines = alike.map((obstacle) => describe(obstacle, edits));
  throw new AtrizError(worst.code, lines.join('\n'), { hint: worst.hint });
}

function describe({ message, name }: Obstacle, edits: readonly Edit[]): string {
  const diff = edits.find(({ file }) => file.name === name)?.diff;
  return diff === undefined ? message : `${message}\n${diff}`;
}
