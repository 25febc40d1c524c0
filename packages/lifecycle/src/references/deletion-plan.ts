import { isSameTable, type ColumnName, type Reference } from '@atriz/database/workspace';

/** A reference to a table whose row goes, and what refers, in turn, to the rows that go with it. */
export interface Dependent {
  readonly reference: Reference;
  /** Only rows that are deleted too have any. */
  readonly dependents: readonly Dependent[];
}

/**
 * What has to be dealt with when a row of `table` is deleted: databases that depend on others before those, and
 * within a database in the order of its declarations. `databases` are the family's names in dependency order.
 */
export function planDeletion(
  table: ColumnName,
  references: readonly Reference[],
  databases: readonly string[],
): Dependent[] {
  return references
    .filter(({ target }) => isSameTable(target, table))
    .toSorted((one, other) => databases.indexOf(other.source.database) - databases.indexOf(one.source.database))
    .map((reference) => ({
      reference,
      dependents: reference.onDelete === 'cascade' ? planDeletion(reference.source, references, databases) : [],
    }));
}

/** Every reference of a plan, those of rows that go along included. */
export function flattenPlan(dependents: readonly Dependent[]): Reference[] {
  return dependents.flatMap(({ reference, dependents }) => [reference, ...flattenPlan(dependents)]);
}

/** The columns of the table that the dependents refer to. */
export function columnsReferredTo(dependents: readonly Dependent[]): string[] {
  return [...new Set(dependents.map(({ reference }) => reference.target.column))];
}
