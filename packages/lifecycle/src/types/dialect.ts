import {
  ColumnTypeNode,
  GenericExpressionNode,
  IdentifierNode,
  ObjectExpressionNode,
  PostgresDialect,
  TemplateNode,
  UnionExpressionNode,
} from 'kysely-codegen';

/**
 * kysely-codegen's PostgreSQL, with partitions and inherited tables told apart by us, and with the helper types of
 * `definitions.ts`: what they refer to is said here, their text stands there.
 */
export function createDialect(): PostgresDialect {
  const dialect = new PostgresDialect({ partitions: true, domains: false });
  const json = new UnionExpressionNode(['JsonObject', 'boolean', 'number', 'string'].map(identifier));
  const interval = new UnionExpressionNode(['IntervalValue', 'string'].map(identifier));
  Object.assign(dialect.adapter.definitions, {
    GeneratedAlways: new TemplateNode(['T'], new GenericExpressionNode('ColumnType', [identifier('T')])),
    Interval: new ColumnTypeNode(identifier('IntervalValue'), interval, interval),
    IntervalValue: new ObjectExpressionNode([]),
    Json: new ColumnTypeNode(identifier('JsonValue'), json, json),
  });
  return dialect;
}

function identifier(name: string): IdentifierNode {
  return new IdentifierNode(name);
}
