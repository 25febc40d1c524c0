import { locksOfAlterTable, referencedTables } from './alter-table-locks.ts';
import { locksOfDrop } from './drop-locks.ts';
import { LOCK_MODES, strongestLocks, type Lock, type LockMode } from './lock-mode.ts';
import { asNode, listOf, nameOf, relationName, type RangeVar } from './parse-tree.ts';
import type { Fields, ParsedStatement } from './parser.ts';
import { locksOfQuery } from './query-locks.ts';

export type { Lock } from './lock-mode.ts';

/**
 * Which locks a statement takes on tables, views and indexes that exist already, from its text alone. After PostgreSQL's
 * documentation ("Explicit Locking" and the page of each command); what a text does not tell, such as what a function
 * does, is `unknown`. What a statement makes anew is not listed: nobody else sees it yet. Nor are the partitions and
 * children of a table, which are locked with it.
 */
export function locksOf({ node, fields }: Pick<ParsedStatement, 'node' | 'fields'>): Lock[] {
  if (WITHOUT_LOCKS.has(node)) return [];
  return strongestLocks(BY_NODE[node]?.(fields) ?? [{ relation: 'what it uses', mode: 'unknown' }]);
}

/** They touch catalogs, roles or settings only. */
const WITHOUT_LOCKS = new Set([
  'AlterCollationStmt',
  'AlterDatabaseRefreshCollStmt',
  'AlterDatabaseSetStmt',
  'AlterDatabaseStmt',
  'AlterDefaultPrivilegesStmt',
  'AlterEnumStmt',
  'AlterEventTrigStmt',
  'AlterFdwStmt',
  'AlterForeignServerStmt',
  'AlterFunctionStmt',
  'AlterOpFamilyStmt',
  'AlterOperatorStmt',
  'AlterOwnerStmt',
  'AlterRoleSetStmt',
  'AlterRoleStmt',
  'AlterStatsStmt',
  'AlterSystemStmt',
  'AlterTSConfigurationStmt',
  'AlterTSDictionaryStmt',
  'AlterTableSpaceOptionsStmt',
  'AlterTypeStmt',
  'AlterUserMappingStmt',
  'CheckPointStmt',
  'ClosePortalStmt',
  'CompositeTypeStmt',
  'ConstraintsSetStmt',
  'CreateAmStmt',
  'CreateCastStmt',
  'CreateConversionStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateEventTrigStmt',
  'CreateExtensionStmt',
  'CreateFdwStmt',
  'CreateForeignServerStmt',
  'CreateForeignTableStmt',
  'CreateFunctionStmt',
  'CreateOpClassStmt',
  'CreateOpFamilyStmt',
  'CreatePLangStmt',
  'CreateRangeStmt',
  'CreateRoleStmt',
  'CreateSeqStmt',
  'CreateTableSpaceStmt',
  'CreateTransformStmt',
  'CreateUserMappingStmt',
  'CreatedbStmt',
  'DeallocateStmt',
  'DefineStmt',
  'DiscardStmt',
  'DropRoleStmt',
  'DropTableSpaceStmt',
  'DropUserMappingStmt',
  'DropdbStmt',
  'FetchStmt',
  'GrantRoleStmt',
  'GrantStmt',
  'ImportForeignSchemaStmt',
  'ListenStmt',
  'LoadStmt',
  'NotifyStmt',
  'TransactionStmt',
  'UnlistenStmt',
  'VariableSetStmt',
  'VariableShowStmt',
]);

const BY_NODE: Readonly<Record<string, (fields: Fields) => readonly Lock[] | undefined>> = {
  AlterObjectSchemaStmt: ({ relation }) => onRelation(relation, 'ACCESS EXCLUSIVE'),
  AlterPolicyStmt: ({ table }) => onRelation(table, 'ACCESS EXCLUSIVE'),
  AlterPublicationStmt: ({ pubobjects }) => locksOfPublication(pubobjects),
  AlterSeqStmt: ({ sequence }) => onRelation(sequence, 'SHARE ROW EXCLUSIVE'),
  AlterTableStmt: locksOfAlterTable,
  ClusterStmt: ({ relation }) => onRelation(relation, 'ACCESS EXCLUSIVE', 'every clustered table'),
  CommentStmt: locksOfComment,
  CopyStmt: locksOfCopy,
  CreatePolicyStmt: ({ table }) => onRelation(table, 'ACCESS EXCLUSIVE'),
  CreatePublicationStmt: ({ pubobjects }) => locksOfPublication(pubobjects),
  CreateSchemaStmt: ({ schemaElts }) => (schemaElts === undefined ? [] : undefined),
  CreateStatsStmt: ({ relations }) => onRelations(relations, 'SHARE UPDATE EXCLUSIVE'),
  CreateStmt: locksOfCreateTable,
  CreateTableAsStmt: ({ query }) => locksOfNested(query),
  CreateTrigStmt: ({ relation, constrrel }) => [
    ...onRelation(relation, 'SHARE ROW EXCLUSIVE'),
    ...(constrrel ? onRelation(constrrel, 'ACCESS SHARE') : []),
  ],
  DeclareCursorStmt: ({ query }) => locksOfNested(query),
  DeleteStmt: (fields) => locksOfQuery('DeleteStmt', fields),
  DropStmt: locksOfDrop,
  ExplainStmt: ({ query }) => locksOfNested(query),
  IndexStmt: ({ relation, concurrent }) => onRelation(relation, concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE'),
  InsertStmt: (fields) => locksOfQuery('InsertStmt', fields),
  LockStmt: ({ relations, mode }) => onRelations(relations, LOCK_MODES[Number(mode)] ?? 'unknown'),
  MergeStmt: (fields) => locksOfQuery('MergeStmt', fields),
  PrepareStmt: ({ query }) => locksOfNested(query),
  RefreshMatViewStmt: ({ relation, concurrent }) => onRelation(relation, concurrent ? 'EXCLUSIVE' : 'ACCESS EXCLUSIVE'),
  ReindexStmt: locksOfReindex,
  RenameStmt: ({ relation, renameType }) =>
    relation === undefined
      ? []
      : onRelation(relation, renameType === 'OBJECT_INDEX' ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE'),
  RuleStmt: ({ relation }) => onRelation(relation, 'ACCESS EXCLUSIVE'),
  SelectStmt: (fields) => locksOfQuery('SelectStmt', fields),
  TruncateStmt: ({ relations, behavior }) => [
    ...onRelations(relations, 'ACCESS EXCLUSIVE'),
    ...(behavior === 'DROP_CASCADE' ? ([{ relation: 'the tables that refer to it', mode: 'unknown' }] as const) : []),
  ],
  UpdateStmt: (fields) => locksOfQuery('UpdateStmt', fields),
  VacuumStmt: locksOfVacuum,
  ViewStmt: ({ view, query, replace }) => [
    ...(replace ? onRelation(view, 'ACCESS EXCLUSIVE') : []),
    ...locksOfNested(query),
  ],
};

function onRelation(relation: unknown, mode: LockMode, otherwise = 'what it uses'): Lock[] {
  return [{ relation: relation === undefined ? otherwise : relationName(relation as RangeVar), mode }];
}

function onRelations(relations: unknown, mode: LockMode): Lock[] {
  return listOf(relations).flatMap((each) => {
    const relation = asNode(each, 'RangeVar');
    return relation ? onRelation(relation, mode) : [];
  });
}

function locksOfNested(query: unknown): Lock[] {
  return Object.entries((query ?? {}) as Record<string, Fields>).flatMap(([kind, fields]) =>
    locksOfQuery(kind, fields),
  );
}

function locksOfCreateTable({ relation, inhRelations, partbound, tableElts }: Fields): Lock[] {
  const like = listOf(tableElts).flatMap((each) => asNode(each, 'TableLikeClause')?.['relation'] ?? []);
  return [
    ...onRelations(inhRelations, partbound ? 'ACCESS EXCLUSIVE' : 'SHARE UPDATE EXCLUSIVE'),
    ...like.flatMap((each) => onRelation(each, 'ACCESS SHARE')),
    ...referencedTables(tableElts, relationName(relation as RangeVar)),
  ];
}

/** Of a comment on a table or a column; on what belongs to a table (a constraint, a trigger) it is weaker. */
function locksOfComment({ objtype, object }: Fields): Lock[] {
  const names = listOf(asNode(object, 'List')?.['items']);
  switch (objtype) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_INDEX':
    case 'OBJECT_SEQUENCE':
    case 'OBJECT_FOREIGN_TABLE':
      return [{ relation: nameOf(names), mode: 'SHARE UPDATE EXCLUSIVE' }];
    case 'OBJECT_COLUMN':
      return [{ relation: nameOf(names.slice(0, -1)), mode: 'SHARE UPDATE EXCLUSIVE' }];
    case 'OBJECT_TABCONSTRAINT':
    case 'OBJECT_TRIGGER':
    case 'OBJECT_RULE':
    case 'OBJECT_POLICY':
      return [{ relation: nameOf(names.slice(0, -1)), mode: 'ACCESS SHARE' }];
    default:
      return [];
  }
}

function locksOfCopy({ relation, query, is_from: isFrom }: Fields): Lock[] {
  if (relation === undefined) return locksOfNested(query);
  return onRelation(relation, isFrom ? 'ROW EXCLUSIVE' : 'ACCESS SHARE');
}

function locksOfPublication(objects: unknown): Lock[] {
  return listOf(objects).flatMap((each) => {
    const table = asNode(each, 'PublicationObjSpec')?.['pubtable'] as Fields | undefined;
    return table ? onRelation(table['relation'], 'SHARE UPDATE EXCLUSIVE') : [];
  });
}

function locksOfReindex({ kind, relation, params }: Fields): Lock[] {
  const concurrently = hasOption(params, 'concurrently');
  if (relation === undefined)
    return [{ relation: 'every table of it', mode: concurrently ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE' }];
  const name = relationName(relation as RangeVar);
  if (kind === 'REINDEX_OBJECT_TABLE') {
    if (concurrently) return [{ relation: name, mode: 'SHARE UPDATE EXCLUSIVE' }];
    return [
      { relation: name, mode: 'SHARE' },
      { relation: `the indexes of ${name}`, mode: 'ACCESS EXCLUSIVE' },
    ];
  }
  return [
    { relation: name, mode: concurrently ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE' },
    { relation: `the table of ${name}`, mode: concurrently ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE' },
  ];
}

function locksOfVacuum({ options, rels }: Fields): Lock[] {
  const mode = hasOption(options, 'full') ? 'ACCESS EXCLUSIVE' : 'SHARE UPDATE EXCLUSIVE';
  const tables = listOf(rels).flatMap((each) => onRelation(asNode(each, 'VacuumRelation')?.['relation'], mode));
  return tables.length > 0 ? tables : [{ relation: 'every table', mode }];
}

function hasOption(options: unknown, name: string): boolean {
  return listOf(options).some((each) => asNode(each, 'DefElem')?.['defname'] === name);
}
