import { asNode, listOf } from './parse-tree.ts';
import { loadParser, parseSql, type Fields, type ParsedStatement, type SyntaxFault } from './parser.ts';

/**
 * Looks for a syntax error in what a statement carries as a string: the body of a function in PL/pgSQL or SQL, or of DO.
 * The place is in the statement's own text; where it cannot be told exactly, it is the statement's beginning. Bodies in
 * other languages are not looked at.
 */
export async function findBodyFault({ node, fields, sql }: ParsedStatement): Promise<SyntaxFault | undefined> {
  const { body, language } = bodyOf(node, fields);
  if (body === undefined) return undefined;
  if (language === 'sql') return inSql(sql, body);
  if (language === 'plpgsql') return inPlPgSql(sql, body);
  return undefined;
}

function bodyOf(node: string, fields: Fields): { readonly body?: string | undefined; readonly language?: string } {
  if (node !== 'CreateFunctionStmt' && node !== 'DoStmt') return {};
  const options = listOf(node === 'DoStmt' ? fields['args'] : fields['options']).map((each) => asNode(each, 'DefElem'));
  const valueOf = (name: string): unknown => options.find((option) => option?.['defname'] === name)?.['arg'];
  const language = asNode(valueOf('language'), 'String')?.['sval'] ?? (node === 'DoStmt' ? 'plpgsql' : 'sql');
  const [source] = node === 'DoStmt' ? [valueOf('as')] : listOf(asNode(valueOf('as'), 'List')?.['items']);
  return { body: asNode(source, 'String')?.['sval'] as string | undefined, language: String(language).toLowerCase() };
}

async function inSql(sql: string, body: string): Promise<SyntaxFault | undefined> {
  const outcome = await parseSql(body);
  if (!('fault' in outcome)) return undefined;
  const start = sql.indexOf(body); // a body that is a '…' string with quotes in it stands there in another spelling
  return { message: outcome.fault.message, index: start === -1 ? 0 : start + outcome.fault.index };
}

/** The parser says what of PL/pgSQL is wrong, but not where: the place is known where the word stands there only once. */
async function inPlPgSql(sql: string, body: string): Promise<SyntaxFault | undefined> {
  const { parsePlPgSQLSync } = await loadParser();
  try {
    parsePlPgSQLSync(sql);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith('syntax error')) return undefined;
    const word = /at or near "([^]*)"$/.exec(message)?.[1];
    const start = sql.indexOf(body);
    const isOnce = word !== undefined && start !== -1 && body.split(word).length === 2;
    return { message, index: isOnce ? start + body.indexOf(word) : 0 };
  }
}
