import type { LockMode } from '../sql/lock-mode.ts';
import type { Problem } from '../status.ts';

/** What a migration run over the family would do now. Field names are a contract with machines that read `--json`. */
export interface FamilyPlan {
  readonly databases: readonly PlannedDatabase[];
  /** What would be applied, in order. Of a database with a fault in its `requires` lines nothing is. */
  readonly migrations: readonly PlannedMigration[];
}

export interface PlannedDatabase {
  readonly name: string;
  readonly owner: string;
  readonly provider: string;
  /** Whether its server could be asked; else nothing is known of it, and nothing is planned. */
  readonly reachable: boolean;
  /** False for one that is still to be created: it is planned as an empty one. */
  readonly exists: boolean;
  /** How many migrations are applied. */
  readonly applied: number;
  readonly pending: readonly string[];
  /** What `up` would refuse or fail for. */
  readonly problems: readonly Problem[];
}

export interface PlannedMigration {
  /** From 1, in the order of the plan. */
  readonly number: number;
  /** The definition's name. */
  readonly database: string;
  readonly name: string;
  readonly path: string;
  /** The numbers of those that must be done before; what waits for the same can run at the same time. */
  readonly after: readonly number[];
  /** False for a file with `-- atriz: no-transaction`. */
  readonly transaction: boolean;
  readonly lockTimeoutMs: number;
  readonly requires: readonly PlannedRequirement[];
  readonly statements: readonly PlannedStatement[];
  readonly findings: readonly PlannedFinding[];
}

export interface PlannedRequirement {
  readonly database: string;
  readonly migration: string;
  /** `planned`: the same run applies it before. `unknown`: its database could not be asked. */
  readonly state: 'applied' | 'planned' | 'missing' | 'unknown';
}

export interface PlannedStatement {
  /** What PostgreSQL calls it, such as `CREATE INDEX`. */
  readonly kind: string;
  /** Where it begins in the file, from 1. */
  readonly line: number;
  /** The locks that it takes on what exists already. */
  readonly locks: readonly { readonly relation: string; readonly mode: LockMode }[];
}

/** What the linter says of a place in the file. */
export interface PlannedFinding {
  readonly line: number;
  readonly column: number;
  /** `up` refuses errors in production. */
  readonly level: 'error' | 'warning';
  readonly rule: string;
  readonly message: string;
  readonly hint?: string;
}
