import { parseSql } from './parser.ts';

/**
 * Asks the parser whether a comment at `index` stands in the middle of a statement: what is before it is no whole
 * statement, and makes one with what is behind it. `ambiguous` where both readings are SQL: the statement before it has
 * no semicolon, and would go on behind it.
 */
export async function isInsideStatement(text: string, index: number): Promise<boolean | 'ambiguous'> {
  if (!('statements' in (await parseSql(text)))) return false;
  return 'statements' in (await parseSql(text.slice(0, index))) ? 'ambiguous' : true;
}
