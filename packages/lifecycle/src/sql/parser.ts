import type * as LibPgQuery from 'libpg-query';

/** A node of PostgreSQL's parse tree: its fields, as libpg-query writes them. */
export type Fields = Readonly<Record<string, unknown>>;

/** One statement as the parser sees it. */
export interface ParsedStatement {
  /** The statement itself, from its first keyword to before its semicolon. */
  readonly sql: string;
  /** Where it begins and ends in the text given, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** The kind of its node, such as `IndexStmt`. */
  readonly node: string;
  readonly fields: Fields;
}

/** What the parser says of a text that is no SQL. */
export interface SyntaxFault {
  readonly message: string;
  /** Where in the text, in UTF-16 units; the text's length for one that breaks off. */
  readonly index: number;
}

export type ParseOutcome =
  | { readonly statements: readonly ParsedStatement[] }
  | { readonly fault: SyntaxFault }
  /** Nested deeper than the parser's stack allows here; a server may well take it. */
  | { readonly tooDeep: true };

/**
 * Parses a text with the parser of PostgreSQL 18, compiled to WebAssembly. It needs no server, and knows nothing of what
 * exists in one. The first call in a process loads it, which takes some 40 ms.
 */
export async function parseSql(sql: string): Promise<ParseOutcome> {
  if (sql === '') return { statements: [] };
  const library = await loadParser();
  try {
    const { stmts = [] } = library.parseSync(sql);
    return { statements: locate(sql, stmts as unknown as readonly RawStatement[]) };
  } catch (error) {
    if (error instanceof RangeError) return { tooDeep: true };
    if (!library.hasSqlDetails(error)) throw error;
    return { fault: { message: error.message, index: unitsOf(sql, error.sqlDetails!.cursorPosition) } };
  }
}

interface RawStatement {
  readonly stmt: Readonly<Record<string, Fields>>;
  /** In bytes of UTF-8; absent for 0. */
  readonly stmt_location?: number;
  /** In bytes too; absent for the rest of the text. */
  readonly stmt_len?: number;
}

/** The library itself, loaded once in a process. */
export async function loadParser(): Promise<typeof LibPgQuery> {
  const library = await import('libpg-query');
  await library.loadModule();
  return library;
}

function locate(sql: string, raw: readonly RawStatement[]): ParsedStatement[] {
  const bytes = Buffer.from(sql);
  let bytesRead = 0;
  let units = 0;
  /** Statements come in order, so each byte is looked at once. */
  const advance = (to: number): number => {
    units += bytes.toString('utf8', bytesRead, to).length;
    bytesRead = to;
    return units;
  };
  return raw.map(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    const start = advance(from);
    const text = sql.slice(start, length === undefined ? undefined : advance(from + length)).trimEnd();
    const [node, fields] = Object.entries(stmt)[0]!;
    return { sql: text, start, end: start + text.length, node, fields };
  });
}

/** The parser counts characters, of which one beyond the basic plane is two units. */
function unitsOf(text: string, characters: number): number {
  let index = 0;
  for (let left = characters; left > 0 && index < text.length; left -= 1) {
    index += text.codePointAt(index)! > 0xff_ff ? 2 : 1;
  }
  return index;
}
