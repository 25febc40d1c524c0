import type { Introspection, PgAttribute, PgClass } from 'pg-introspection';
import { propertiesOf, type CatalogObject } from './catalog.ts';
import type { Definitions } from './definitions.ts';

const PERSISTENCE: Readonly<Record<string, string>> = { u: 'unlogged', t: 'temporary' };
const REPLICA_IDENTITY: Readonly<Record<string, string>> = { f: 'full', n: 'nothing', i: 'index' };

export interface Sources {
  readonly introspection: Introspection;
  readonly text: Definitions;
  /** Words an owner, unless it is whoever migrates. */
  readonly ownerOf: (oid: string | number) => string | undefined;
}

/** Tables, foreign tables, views and materialized views, with their columns; composite types' fields are in `types.ts`. */
export function readRelations(sources: Sources): CatalogObject[] {
  const { introspection, text } = sources;
  const relations = introspection.classes.filter(
    ({ _id, relkind }) => 'rpfvm'.includes(relkind) && text('relation', _id) !== undefined,
  );
  return relations.flatMap((relation) => {
    const isView = 'vm'.includes(relation.relkind);
    const columns = relation.getAttributes().filter(({ attisdropped }) => !attisdropped);
    if (!isView) return [table(relation, sources)].concat(columns.map((each) => tableColumn(each, relation, sources)));
    return [view(relation, sources)].concat(columns.flatMap((each) => viewColumn(each, relation, sources) ?? []));
  });
}

function table(relation: PgClass, { introspection, text, ownerOf }: Sources): CatalogObject {
  const { _id, relkind, relispartition } = relation;
  const parents = relation.getInherited().map(({ inhparent }) => text('relation', inhparent) ?? inhparent);
  const partitioned = text('partition key', _id);
  const bound = text('partition bound', _id);
  const method = introspection.am.find((am) => am._id === relation.relam)?.amname;
  return {
    kind: relkind === 'f' ? 'foreign table' : 'table',
    name: text('relation', _id)!,
    partition: relispartition ?? false,
    properties: propertiesOf({
      partitioning: partitioned && `partitioned by ${partitioned}`,
      partition: bound && `a partition of ${parents.join(', ')} ${bound}`,
      inheritance: bound || parents.length === 0 ? undefined : `a child of ${parents.join(', ')}`,
      persistence: PERSISTENCE[relation.relpersistence ?? ''],
      options: relation.reloptions?.toSorted().join(', '),
      'access method': method === 'heap' ? undefined : method,
      'replica identity': REPLICA_IDENTITY[relation.relreplident ?? ''],
      'row-level security': relation.relrowsecurity ? 'enabled' : undefined,
      'row-level security for the owner': relation.relforcerowsecurity ? 'forced' : undefined,
      type: relation.getOfType() && text('type', relation.reloftype!),
      comment: relation.getDescription(),
      owner: ownerOf(relation.relowner),
    }),
  };
}

function view(relation: PgClass, { text, ownerOf }: Sources): CatalogObject {
  return {
    kind: relation.relkind === 'm' ? 'materialized view' : 'view',
    name: text('relation', relation._id)!,
    properties: propertiesOf({
      definition: text('view', relation._id),
      options: relation.reloptions?.toSorted().join(', '),
      comment: relation.getDescription(),
      owner: ownerOf(relation.relowner),
    }),
  };
}

function tableColumn(column: PgAttribute, relation: PgClass, { text }: Sources): CatalogObject {
  const id = `${relation._id}.${column.attnum}`;
  const isInherited = (column.attinhcount ?? 0) > 0 && !column.attislocal;
  const expression = text('column default', id);
  const generated = column.attgenerated ? `(${expression}) ${column.attgenerated === 'v' ? 'VIRTUAL' : 'STORED'}` : '';
  const identity = column.attidentity && (column.attidentity === 'a' ? 'always' : 'by default');
  return {
    kind: 'column',
    name: text('column', id)!,
    of: text('subject', relation._id)!,
    properties: propertiesOf({
      // What a partition or a child inherits is told once, of the parent.
      type: isInherited ? undefined : shortType(text('column type', id)!),
      collation: isInherited ? undefined : text('column collation', id),
      nullability: column.attnotnull ? 'NOT NULL' : 'nullable',
      default: generated ? undefined : expression,
      generation: generated && `generated as ${generated}`,
      identity: identity && `generated ${identity} as identity (${text('column identity', id)})`,
      storage: text('column storage', id),
      compression: { p: 'pglz', l: 'lz4' }[column.attcompression ?? ''],
      'statistics target': (column.attstattarget ?? -1) < 0 ? undefined : String(column.attstattarget),
      options: [...(column.attoptions ?? []), ...(column.attfdwoptions ?? [])].toSorted().join(', '),
      comment: column.getDescription(),
    }),
  };
}

/** As people write it. */
function shortType(type: string): string {
  return type
    .replace(/^character varying/, 'varchar')
    .replace(/^timestamp(\(\d\))? without time zone/, 'timestamp$1')
    .replace(/^timestamp(\(\d\))? with time zone/, 'timestamptz$1');
}

/** A view's columns follow from its definition; only what was said of them beside it counts. */
function viewColumn(column: PgAttribute, relation: PgClass, { text }: Sources): CatalogObject | undefined {
  const id = `${relation._id}.${column.attnum}`;
  const properties = propertiesOf({ default: text('column default', id), comment: column.getDescription() });
  if (Object.keys(properties).length === 0) return undefined;
  return { kind: 'column', name: text('column', id)!, of: text('subject', relation._id)!, properties };
}
