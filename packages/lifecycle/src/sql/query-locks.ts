import type { Lock } from './lock-mode.ts';
import { asNode, listOf, nameOf, relationName, walk, type RangeVar } from './parse-tree.ts';
import type { Fields } from './parser.ts';

/** Functions of PostgreSQL that read or write no table; what others do is not in the text. */
const HARMLESS_FUNCTION =
  /^(?:pg_catalog\.|(?:json|array|regexp|to|date|string|bool|bit|current|gen|make|set|pg|ts|every|trim|btrim|ltrim|rtrim)_|jsonb?_|(?:now|count|sum|min|max|avg|abs|ceil|floor|round|random|md5|sha256|lower|upper|initcap|length|char_length|octet_length|replace|translate|substr|substring|left|right|lpad|rpad|split_part|concat|concat_ws|format|repeat|reverse|strpos|btrim|ltrim|rtrim|trim|coalesce|nullif|nextval|currval|setval|lastval|unnest|generate_series|row_number|rank|dense_rank|lag|lead|first_value|last_value|uuidv7|uuidv4|age|clock_timestamp|statement_timestamp|transaction_timestamp|timezone|mod|power|sqrt|encode|decode|digest|cardinality|quote_ident|quote_literal|quote_nullable|version|txid_current|row_to_json|ascii|chr|isfinite|justify_interval|num_nonnulls|num_nulls|setseed|sign|trunc)$)/;

/** What a query locks: the tables that it reads and writes, and, where it calls functions, it cannot be said what those do. */
export function locksOfQuery(kind: string, fields: Fields): Lock[] {
  const locks: Lock[] = [];
  const named = new Set<string>();
  const aliases = new Set<unknown>(); // in FOR UPDATE OF: what was named before, mostly by its alias
  const add = (mode: Lock['mode'], relation: RangeVar): void => {
    if (relation.schemaname === undefined && named.has(relation.relname)) return;
    locks.push({ relation: relationName(relation), mode });
  };
  const query = { [kind]: fields };
  walk(query, (node, { ctename, lockedRels }) => {
    if (node === 'CommonTableExpr') named.add(String(ctename));
    if (node === 'LockingClause') for (const each of listOf(lockedRels)) aliases.add(asNode(each, 'RangeVar'));
  });
  walk(query, (node, each) => {
    if (WRITES.has(node)) add('ROW EXCLUSIVE', each['relation'] as RangeVar);
    if (node === 'RangeVar' && !aliases.has(each)) add('ACCESS SHARE', each as RangeVar);
    if (node === 'SelectStmt') for (const relation of lockedRows(each)) add('ROW SHARE', relation);
    if (node === 'FuncCall' && !HARMLESS_FUNCTION.test(nameOf(each['funcname']))) {
      locks.push({ relation: `what ${nameOf(each['funcname'])}() uses`, mode: 'unknown' });
    }
  });
  return locks;
}

const WRITES = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** The tables of SELECT … FOR UPDATE and its like: those that it names, else all. */
function lockedRows({ lockingClause, fromClause }: Fields): RangeVar[] {
  const tables: RangeVar[] = [];
  walk(fromClause, (node, fields) => {
    if (node === 'RangeVar') tables.push(fields as RangeVar);
  });
  return listOf(lockingClause).flatMap((clause) => {
    const only = listOf(asNode(clause, 'LockingClause')?.['lockedRels']).map(
      (each) => asNode(each, 'RangeVar') as RangeVar,
    );
    if (only.length === 0) return tables;
    const names = new Set(only.map(({ relname }) => relname));
    return tables.filter(({ relname, alias }) =>
      names.has((alias as { aliasname?: string } | undefined)?.aliasname ?? relname),
    );
  });
}
