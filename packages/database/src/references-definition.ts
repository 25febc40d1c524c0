/** What becomes of the rows that refer to a row, when that row is deleted. */
export const DELETE_RULES = ['restrict', 'cascade', 'set null', 'report'] as const;

/**
 * - `restrict`: while a row refers to it, the other row is not deleted.
 * - `cascade`: rows that refer to it are deleted with it.
 * - `set null`: their column becomes null.
 * - `report`: they stay as they are, and are counted.
 */
export type DeleteRule = (typeof DELETE_RULES)[number];

/** A column that means a row of another database, where no foreign key can hold it. */
export interface ReferenceDefinition {
  /** The table that refers, `vehicles` or `tracking.vehicles`; without a schema it is in `public`. */
  readonly table: string;
  /** Its column that holds the other row's key. Nulls refer to nothing. */
  readonly column: string;
  /** What it means: `database.table.column`, or `database.schema.table.column`. */
  readonly target: string;
  readonly onDelete: DeleteRule;
}

const KEYS: ReadonlySet<string> = new Set<keyof ReferenceDefinition>(['table', 'column', 'target', 'onDelete']);
const PART = /"(?:[^"]|"")+"|[^".]+/y;

/**
 * Splits a dotted name as SQL does: a part in double quotes may hold dots and (doubled) quotes. Unlike in SQL the case
 * of a part without quotes is kept. `undefined` when the text is no such name.
 */
export function splitName(text: string): string[] | undefined {
  const parts: string[] = [];
  for (let at = 0; ; at += 1) {
    PART.lastIndex = at;
    const [part] = PART.exec(text) ?? [];
    if (part === undefined) return undefined;
    parts.push(part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part);
    at += part.length;
    if (at === text.length) return parts;
    if (text[at] !== '.') return undefined;
  }
}

/** Everything that is wrong with the `references` of a definition, as far as the definition alone can tell. */
export function findReferenceFaults(references: unknown, database: unknown): string[] {
  if (references === undefined) return [];
  if (!Array.isArray(references)) return ['references must be an array'];
  const seen = new Set<string>();
  return references.flatMap((each: unknown, index) => {
    const faults = findFaults(each, database);
    const { table, column } = (each ?? {}) as Record<string, unknown>;
    if (faults.length === 0) {
      const name = [...qualifiedParts(splitName(table as string)!), column].join('\0');
      if (seen.has(name)) faults.push(`${String(table)}.${String(column)} is declared twice`);
      seen.add(name);
    }
    return faults.map((fault) => `references[${index}]: ${fault}`);
  });
}

/** A table's schema and name: one part is a table of schema `public`. */
export function qualifiedParts(parts: readonly string[]): readonly [schema: string, table: string] {
  return parts.length === 1 ? ['public', parts[0]!] : [parts[0]!, parts[1]!];
}

function findFaults(reference: unknown, database: unknown): string[] {
  if (typeof reference !== 'object' || reference === null) return ['it is not an object'];
  const { table, column, target, onDelete, ...rest } = reference as Record<string, unknown>;
  const faults = Object.keys(rest).flatMap((key) => (KEYS.has(key) ? [] : [`"${key}" is not a known key`]));
  faults.push(...findNameFaults('table', table, [1, 2], 'be a table, or schema.table'));
  if (typeof column !== 'string' || column === '') faults.push('column must be a non-empty string');
  else faults.push(...findPartFaults('column', [column]));
  faults.push(...findNameFaults('target', target, [3, 4], 'be database.table.column, or database.schema.table.column'));
  if (typeof target === 'string' && splitName(target)?.[0] === database) {
    faults.push(`target is in ${String(database)} itself, where a foreign key can hold it`);
  }
  if (!DELETE_RULES.some((rule) => rule === onDelete))
    faults.push(`onDelete must be one of: ${DELETE_RULES.join(', ')}`);
  return faults;
}

function findNameFaults(field: string, text: unknown, lengths: readonly number[], shape: string): string[] {
  const parts = typeof text === 'string' ? splitName(text) : undefined;
  if (!parts || !lengths.includes(parts.length)) return [`${field} must ${shape}`];
  return findPartFaults(field, parts);
}

/** What PostgreSQL refuses, or would cut short, as an identifier. */
function findPartFaults(field: string, parts: readonly string[]): string[] {
  return parts.flatMap((part) => [
    ...(Buffer.byteLength(part) > 63 ? [`${field} has a name longer than 63 bytes`] : []),
    ...(part.includes('\0') ? [`${field} contains a NUL character`] : []),
  ]);
}
