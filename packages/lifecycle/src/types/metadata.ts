import type { ColumnOverrides, DatabaseMetadata, TableMetadata } from 'kysely-codegen';
import type { ColumnFacts } from './column-facts.ts';
import { correctedType, type Scalars } from './column-type.ts';

/** The facts of all columns, by table and column. */
type FactsByColumn = ReadonlyMap<string, ReadonlyMap<string, ColumnFacts>>;

export interface Corrections {
  /** The tables and views that count, their columns as the catalog has them. */
  readonly tables: readonly TableMetadata[];
  /** The types of the columns that kysely-codegen would get wrong, by the path that it knows them by. */
  readonly columns: ColumnOverrides;
}

export interface CorrectionOptions {
  readonly scalars: Scalars;
  readonly isParsed: (arrayOid: number) => boolean;
}

/** Plans what of an introspection is left out or told otherwise. Pure: the metadata given stays as it is. */
export function planCorrections(
  { tables }: Pick<DatabaseMetadata, 'tables'>,
  facts: readonly ColumnFacts[],
  { scalars, isParsed }: CorrectionOptions,
): Corrections {
  const byTable = groupFacts(facts);
  const overridden = facts.flatMap((each) => {
    const type = correctedType(each, scalars, isParsed);
    return type === undefined ? [] : [[pathOf(each), type] as const];
  });
  const columns = Object.fromEntries(overridden);
  const kept = tables.flatMap((table): TableMetadata[] => {
    const known = byTable.get(tableKey(table.schema ?? 'public', table.name));
    return known ? [{ ...table, columns: correctColumns(table, known, columns) }] : [];
  });
  return { tables: kept, columns };
}

function correctColumns(
  { columns }: TableMetadata,
  known: ReadonlyMap<string, ColumnFacts>,
  overrides: ColumnOverrides,
): TableMetadata['columns'] {
  return columns.flatMap((column) => {
    const facts = known.get(column.name);
    if (facts === undefined) return [];
    const complete = pathOf(facts) in overrides; // with null and default in it
    return [
      {
        ...column,
        comment: column.comment?.replaceAll('*/', '*\\/') ?? null,
        dataType: facts.type,
        dataTypeSchema: facts.typeSchema,
        enumValues: null,
        isArray: facts.arrayOid !== null,
        isNullable: facts.nullable && !complete,
        hasDefaultValue: facts.hasDefault,
        isAutoIncrementing: false,
      },
    ];
  });
}

function groupFacts(facts: readonly ColumnFacts[]): FactsByColumn {
  const byTable = new Map<string, Map<string, ColumnFacts>>();
  for (const each of facts) {
    const key = tableKey(each.schema, each.table);
    const columns = byTable.get(key) ?? new Map<string, ColumnFacts>();
    byTable.set(key, columns.set(each.column, each));
  }
  return byTable;
}

function tableKey(schema: string, table: string): string {
  return JSON.stringify([schema, table]);
}

/** As kysely-codegen looks an override up. */
function pathOf({ schema, table, column }: ColumnFacts): string {
  return `${schema}.${table}.${column}`;
}
