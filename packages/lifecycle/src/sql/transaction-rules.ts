import { asNode, listOf } from './parse-tree.ts';
import type { Fields, ParsedStatement } from './parser.ts';

type Part = Pick<ParsedStatement, 'node' | 'fields'>;

/** BEGIN, COMMIT, SAVEPOINT and their like: what says where a transaction begins and ends. */
export function controlsTransaction({ node }: Part): boolean {
  return node === 'TransactionStmt';
}

/** COPY … FROM STDIN, whose rows would come from a client; there is none. */
export function copiesFromClient({ node, fields }: Part): boolean {
  const { is_from: isFrom, filename, is_program: isProgram } = fields;
  return node === 'CopyStmt' && Boolean(isFrom) && filename === undefined && !isProgram;
}

/**
 * Whether PostgreSQL refuses a statement inside a transaction, as far as its text tells. (That of a subscription, a
 * partitioned index or a procedure may depend on what is in the database.) After the callers of
 * `PreventInTransactionBlock` in its source, and the pages of the commands.
 */
export function needsNoTransaction({ node, fields }: Part): boolean {
  return ALWAYS.has(node) || (SOMETIMES[node]?.(fields) ?? false);
}

const ALWAYS = new Set(['AlterSystemStmt', 'CreateTableSpaceStmt', 'CreatedbStmt', 'DropTableSpaceStmt', 'DropdbStmt']);

const SOMETIMES: Readonly<Record<string, (fields: Fields) => boolean>> = {
  AlterDatabaseStmt: ({ options }) => optionOf(options, 'tablespace') !== undefined,
  AlterSubscriptionStmt: ({ kind, options }) =>
    kind === 'ALTER_SUBSCRIPTION_REFRESH' || (PUBLICATIONS.test(String(kind)) && isOn(options, 'refresh')),
  AlterTableStmt: ({ cmds }) =>
    listOf(cmds).some((each) => {
      const { subtype, def } = asNode(each, 'AlterTableCmd') ?? {};
      return subtype === 'AT_DetachPartition' && Boolean(asNode(def, 'PartitionCmd')?.['concurrent']);
    }),
  ClusterStmt: ({ relation }) => relation === undefined,
  CreateSubscriptionStmt: ({ options }) => isOn(options, 'connect') && isOn(options, 'create_slot'),
  DiscardStmt: ({ target }) => target === 'DISCARD_ALL',
  DropStmt: ({ concurrent }) => Boolean(concurrent),
  IndexStmt: ({ concurrent }) => Boolean(concurrent),
  ReindexStmt: ({ kind, params }) => OF_MANY.has(String(kind)) || optionOf(params, 'concurrently') !== undefined,
  VacuumStmt: ({ is_vacuumcmd: isVacuum }) => Boolean(isVacuum),
};

const PUBLICATIONS = /^ALTER_SUBSCRIPTION_(?:SET|ADD|DROP)_PUBLICATION$/;
const OF_MANY = new Set(['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_DATABASE', 'REINDEX_OBJECT_SYSTEM']);

function optionOf(options: unknown, name: string): Fields | undefined {
  return listOf(options)
    .map((each) => asNode(each, 'DefElem'))
    .find((option) => option?.['defname'] === name);
}

/** Options that are on unless they are set to false. */
function isOn(options: unknown, name: string): boolean {
  const value = optionOf(options, name)?.['arg'];
  const word = asNode(value, 'String')?.['sval'] ?? asNode(value, 'Boolean')?.['boolval'];
  if (value !== undefined && asNode(value, 'Boolean')) return Boolean(word);
  return !['false', 'off', '0'].includes(String(word).toLowerCase());
}
