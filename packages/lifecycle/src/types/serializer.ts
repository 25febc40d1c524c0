import {
  ObjectExpressionNode,
  transform,
  TypeScriptSerializer,
  type AliasDeclarationNode,
  type ExpressionNode,
  type ImportStatementNode,
  type InterfaceDeclarationNode,
  type LiteralNode,
  type PropertyNode,
  type StatementNode,
  type UnionExpressionNode,
} from 'kysely-codegen';
import { DEFINITIONS } from './definitions.ts';

const WIDTH = 120;
/** The interface of all tables, as kysely-codegen names it. */
const SCHEMA = 'DB';

/**
 * Writes the file as this repository's formatter would leave it, and the same on every machine: kysely-codegen's own
 * writer sorts by the language of the process, here the order is that of the code units, and columns stand in the order
 * in which their table has them.
 */
export class StableSerializer extends TypeScriptSerializer {
  override serializeFile(...[metadata, dialect, options]: Parameters<TypeScriptSerializer['serializeFile']>): string {
    return this.serializeStatements(transform({ ...options, metadata, dialect }));
  }

  override serializeStatements(nodes: StatementNode[]): string {
    const imports = nodes.filter((node) => node.type === 'ImportStatement');
    const declarations = nodes.filter((node) => node.type === 'ExportStatement');
    const texts = declarations.toSorted((a, b) => compare(rankOf(a), rankOf(b)));
    return [
      imports.map((node) => this.serializeImportStatement(node)).join('\n'),
      ...texts.map((node) => this.serializeExportStatement(node)),
    ]
      .filter(Boolean)
      .map((text) => `${text}\n`)
      .join('\n');
  }

  override serializeExportStatement(node: Parameters<TypeScriptSerializer['serializeExportStatement']>[0]): string {
    const known = node.argument.type === 'AliasDeclaration' ? DEFINITIONS[node.argument.id.name] : undefined;
    return known ?? super.serializeExportStatement(node);
  }

  override serializeInterfaceDeclaration({ id, body }: InterfaceDeclarationNode): string {
    const { properties } = body;
    const sorted = id.name === SCHEMA ? properties.toSorted((a, b) => compare(a.key, b.key)) : properties;
    return `interface ${id.name} ${this.serializeObjectExpression(new ObjectExpressionNode([...sorted]))}`;
  }

  override serializeImportStatement({ imports, moduleName }: ImportStatementNode): string {
    const names = imports.map((clause) => this.serializeImportClause(clause)).toSorted(compare);
    return `import type { ${names.join(', ')} } from ${quote(moduleName)};`;
  }

  /** An enum: on one line where it fits, else a label a line. */
  override serializeAliasDeclaration({ id, body }: AliasDeclarationNode): string {
    const text = `type ${id.name} = ${this.serializeExpression(body as ExpressionNode)};`;
    if (text.length + 'export '.length <= WIDTH || body.type !== 'UnionExpression') return text;
    return `type ${id.name} =\n${this.#partsOf(body)
      .map((part) => `  | ${part}`)
      .join('\n')};`;
  }

  override serializeObjectExpression({ properties }: ObjectExpressionNode): string {
    return properties.length === 0
      ? '{}'
      : `{\n${properties.map((property) => this.serializeProperty(property)).join('')}}`;
  }

  override serializeProperty({ comment, key, value }: PropertyNode): string {
    const name = this.serializeKey(key);
    const line = `  ${name}: ${this.serializeExpression(value)};\n`;
    // Where it would have to be broken is the formatter's secret.
    const unbreakable = line.length - 1 > WIDTH ? '  // prettier-ignore\n' : '';
    return `${comment ? commentOf(comment) : ''}${unbreakable}${line}`;
  }

  override serializeKey(key: string): string {
    return /^[$A-Z_a-z][\w$]*$/.test(key) ? key : quote(key);
  }

  override serializeLiteral({ value }: LiteralNode): string {
    return typeof value === 'number' ? String(value) : quote(value);
  }

  override serializeUnionExpression(node: UnionExpressionNode): string {
    return this.#partsOf(node).join(' | ');
  }

  #partsOf({ args }: UnionExpressionNode): string[] {
    const texts = args.map((arg) => this.serializeExpression(arg)).toSorted(compare);
    return [...texts.filter((text) => text !== 'null'), ...texts.filter((text) => text === 'null')];
  }
}

/** Helper types and enums first, then tables, then the interface of them all. */
function rankOf({ argument }: Extract<StatementNode, { readonly type: 'ExportStatement' }>): string {
  const { name } = argument.id;
  if (argument.type !== 'InterfaceDeclaration') return `1${name}`;
  return name === SCHEMA ? '3' : `2${name}`;
}

function commentOf(comment: string): string {
  const lines = comment.split(/\r?\n/).map((line) => line.trimEnd());
  if (lines.length === 1) return `  /** ${lines[0]} */\n`;
  return `  /**\n${lines.map((line) => `   *${line ? ` ${line}` : ''}\n`).join('')}   */\n`;
}

/** As the formatter quotes: singly, unless that would take more backslashes. */
function quote(text: string): string {
  const json = JSON.stringify(text).slice(1, -1);
  const single = text.split("'").length;
  const double = text.split('"').length;
  if (single > double) return `"${json}"`;
  return `'${json.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
