import type { Introspection, PgConstraint, PgIndex } from 'pg-introspection';
import { propertiesOf, type CatalogObject } from './catalog.ts';
import type { Sources } from './relations.ts';

const COMMANDS: Readonly<Record<string, string>> = { r: 'SELECT', a: 'INSERT', w: 'UPDATE', d: 'DELETE', '*': 'ALL' };

/** What tables are held to: constraints, indexes and policies; domains' constraints too. */
export function readTableParts(sources: Sources): CatalogObject[] {
  const { constraints, indexes, policies } = sources.introspection;
  const ofConstraints = new Set(
    constraints.filter(({ contype }) => 'pux'.includes(contype)).map((each) => each.conindid),
  );
  return [
    ...constraints.flatMap((each) => constraint(each, sources) ?? []),
    ...indexes.filter(({ indexrelid }) => !ofConstraints.has(indexrelid)).flatMap((each) => index(each, sources) ?? []),
    ...policies.flatMap((each) => policy(each, sources) ?? []),
  ];
}

/** What a partition or child inherits is told once, of the parent. */
function constraint(row: PgConstraint, { text }: Sources): CatalogObject | undefined {
  const { _id, contype, conrelid, contypid, conparentid, conislocal, coninhcount, convalidated } = row;
  // A constraint trigger is told as a trigger. PostgreSQL 18 lists NOT NULL too, which the column tells.
  if (contype === 't' || (contype === 'n' && convalidated)) return undefined;
  if ((conparentid && conparentid !== '0') || ((coninhcount ?? 0) > 0 && !conislocal)) return undefined;
  const domain = text('type', contypid);
  const of = conrelid === '0' ? domain && `type ${domain}` : text('subject', conrelid);
  if (of === undefined) return undefined;
  return {
    kind: 'constraint',
    name: text('constraint name', _id)!,
    of,
    properties: propertiesOf({
      definition: text('constraint', _id)!.replace(/ NOT VALID$/, ''),
      validation: convalidated ? 'validated' : 'not validated',
      comment: row.getDescription(),
    }),
  };
}

/** The index of a constraint is told by it, and a partition's by the one that it is a part of. */
function index(row: PgIndex, { text }: Sources): CatalogObject | undefined {
  const definition = text('index', row.indexrelid);
  const of = text('subject', row.indrelid);
  const relation = row.getIndexClass();
  if (definition === undefined || of === undefined || relation?.relispartition) return undefined;
  return {
    kind: 'index',
    name: text('relation', row.indexrelid)!,
    of,
    properties: propertiesOf({
      definition,
      validity: row.indisvalid ? 'valid' : 'invalid',
      clustering: row.indisclustered ? 'the one to cluster by' : undefined,
      'replica identity': row.indisreplident ? 'the replica identity' : undefined,
      comment: row.getDescription(),
    }),
  };
}

function policy(row: Introspection['policies'][number], { text }: Sources): CatalogObject | undefined {
  const of = text('subject', row.polrelid);
  const id = `${row.polrelid}.${row.polname}`;
  if (of === undefined) return undefined;
  const using = text('policy using', id);
  const check = text('policy check', id);
  const roles = row.polroles?.map((oid) => text('role', oid) ?? 'PUBLIC').toSorted();
  const parts = [
    row.polpermissive ? 'PERMISSIVE' : 'RESTRICTIVE',
    `FOR ${COMMANDS[row.polcmd ?? '*']}`,
    `TO ${roles?.join(', ')}`,
    using && `USING (${using})`,
    check && `WITH CHECK (${check})`,
  ];
  return {
    kind: 'policy',
    name: text('policy name', id)!,
    of,
    properties: propertiesOf({ definition: parts.filter(Boolean).join(' '), comment: text('policy comment', id) }),
  };
}
