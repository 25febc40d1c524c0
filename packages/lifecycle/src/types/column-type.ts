import {
  ArrayExpressionNode,
  ColumnTypeNode,
  GenericExpressionNode,
  IdentifierNode,
  LiteralNode,
  UnionExpressionNode,
  type ExpressionNode,
} from 'kysely-codegen';
import type { ColumnFacts } from './column-facts.ts';

/** What each type of a column becomes, by PostgreSQL's name for it; of kysely-codegen's adapter. */
export type Scalars = Readonly<Record<string, ExpressionNode | undefined>>;

const STRING = new IdentifierNode('string');
const NUMBER = new IdentifierNode('number');
const NULL = new IdentifierNode('null');
/** PostgreSQL's types that pg turns into arrays of numbers, although it leaves a single value of them as text. */
const NUMBERS_IN_ARRAYS: ReadonlySet<string> = new Set(['numeric']);

/**
 * The type of a column that kysely-codegen would get wrong, or `undefined` for one that it gets right:
 *
 * - what the server computes (a generated column, an identity ALWAYS) cannot be inserted or updated;
 * - an array that pg has no parser for, such as one of an enum or a domain, comes as PostgreSQL's text `{a,b}`, and an
 *   array of `numeric` comes as numbers;
 * - a composite comes as text, even where a table has its name.
 *
 * `isParsed` says whether pg has a parser for the array type of that object id.
 */
export function correctedType(
  facts: ColumnFacts,
  scalars: Scalars,
  isParsed: (oid: number) => boolean,
): ExpressionNode | undefined {
  const { arrayOid, kind, computed, type } = facts;
  const unparsed = arrayOid !== null && !isParsed(arrayOid);
  const numbers = arrayOid !== null && NUMBERS_IN_ARRAYS.has(type);
  if (!unparsed && !numbers && !computed && kind !== 'c') return undefined;

  const element = elementType(facts, scalars);
  const whole = arrayOid === null ? element : arrayType(element, { unparsed, numbers });
  const inner = facts.nullable ? new UnionExpressionNode([whole, NULL]) : whole;
  if (computed) return new GenericExpressionNode('GeneratedAlways', [inner]);
  return facts.hasDefault ? new GenericExpressionNode('Generated', [inner]) : inner;
}

function elementType({ kind, labels, typeSchema, type }: ColumnFacts, scalars: Scalars): ExpressionNode {
  if (kind === 'e') return union(labels.map((label) => new LiteralNode(label)));
  return (typeSchema === 'pg_catalog' ? scalars[type] : undefined) ?? STRING;
}

function arrayType(
  element: ExpressionNode,
  { unparsed, numbers }: { readonly unparsed: boolean; readonly numbers: boolean },
): ExpressionNode {
  const elements = new ArrayExpressionNode(element);
  if (unparsed) {
    const accepted = new UnionExpressionNode([elements, STRING]);
    return new ColumnTypeNode(STRING, accepted, accepted);
  }
  if (!numbers) return new GenericExpressionNode('ArrayType', [element]);
  const accepted = new ArrayExpressionNode(new UnionExpressionNode([NUMBER, STRING]));
  return new ColumnTypeNode(new ArrayExpressionNode(NUMBER), accepted, accepted);
}

function union(nodes: readonly ExpressionNode[]): ExpressionNode {
  return nodes.length === 1 ? nodes[0]! : new UnionExpressionNode([...nodes]);
}
