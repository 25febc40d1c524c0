import { AtrizError } from '../errors.ts';
import { qualifiedParts, splitName, type DeleteRule } from '../references-definition.ts';
import type { FamilyDatabase } from './family.ts';

/** A column of a database of the family. */
export interface ColumnName {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** A cross-database reference, its names taken apart. */
export interface Reference {
  readonly source: ColumnName;
  readonly target: ColumnName;
  readonly onDelete: DeleteRule;
}

type Databases = readonly Pick<FamilyDatabase, 'name' | 'references'>[];

/**
 * The family's references, in the order of its databases and then as declared.
 *
 * Throws `DEFINITION_INVALID` where a target's database is not of the family, or where deletions would go round: a
 * row that, by `cascade` over `cascade`, would be deleted because of itself.
 */
export function resolveReferences(databases: Databases): Reference[] {
  const references = databases.flatMap(({ name, references = [] }) =>
    references.map(({ table, column, target, onDelete }): Reference => {
      const [schema, tableName] = qualifiedParts(splitName(table)!);
      const source = { database: name, schema, table: tableName, column };
      return { source, target: readTarget(target, source, databases), onDelete };
    }),
  );
  refuseCycle(references);
  return references;
}

/** `database.table.column`, with the schema where it is not `public`, and in quotes what has a dot or a quote in it. */
export function formatColumn({ database, schema, table, column }: ColumnName): string {
  const parts = [database, ...(schema === 'public' ? [] : [schema]), table, column];
  return parts.map((part) => (/[".]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join('.');
}

/** Reads what {@link formatColumn} writes. Throws `ARGUMENT_INVALID`. */
export function parseColumn(text: string): ColumnName {
  const parts = splitName(text);
  if (parts?.length === 3 || parts?.length === 4) {
    const [schema, table] = qualifiedParts(parts.slice(1, -1));
    return { database: parts[0]!, schema, table, column: parts.at(-1)! };
  }
  throw new AtrizError('ARGUMENT_INVALID', `"${text}" is not the name of a column of the family`, {
    hint: 'write it as database.table.column, such as atriz_shared.users.id',
  });
}

/** The schema and the name of a table, or function, that a definition declares. Throws `ARGUMENT_INVALID`. */
export function parseTable(text: string): readonly [schema: string, name: string] {
  const parts = splitName(text);
  if (parts?.length === 1 || parts?.length === 2) return qualifiedParts(parts);
  throw new AtrizError('ARGUMENT_INVALID', `"${text}" is not the name of a table`, {
    hint: 'write it as table, or schema.table',
  });
}

/** Whether the two are of one table. */
export function isSameTable(one: ColumnName, other: ColumnName): boolean {
  return one.database === other.database && one.schema === other.schema && one.table === other.table;
}

function readTarget(text: string, source: ColumnName, databases: Databases): ColumnName {
  const target = parseColumn(text);
  if (databases.some(({ name }) => name === target.database)) return target;
  const known = databases.map(({ name }) => name).join(', ');
  throw invalid(
    `${formatColumn(source)} refers to database "${target.database}", which this workspace does not have`,
    `name one of: ${known}`,
  );
}

function refuseCycle(references: readonly Reference[]): void {
  const cascades = references.filter(({ onDelete }) => onDelete === 'cascade');
  const follow = (path: readonly Reference[]): void => {
    const last = path.at(-1)!;
    for (const next of cascades.filter(({ target }) => isSameTable(target, last.source))) {
      if (path.includes(next)) {
        const names = [...path.slice(path.indexOf(next)), next].map(({ source }) => formatColumn(source));
        throw invalid(
          `references cascade in a circle: ${names.join(' ← ')}`,
          'give one of them another rule than cascade',
        );
      }
      follow([...path, next]);
    }
  };
  for (const reference of cascades) follow([reference]);
}

function invalid(message: string, hint: string): AtrizError {
  return new AtrizError('DEFINITION_INVALID', message, { hint });
}
