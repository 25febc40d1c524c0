/** A comment from its `--` to the end of its line. */
export interface LineComment {
  readonly start: number;
  readonly end: number;
}

export interface Outline {
  /**
   * The text, as long as it was, with blanks for comments and dots for strings and quoted names: what is left is
   * keywords, plain names, numbers and operators, each where it stood.
   */
  readonly code: string;
  /** The `--` comments that are comments: none inside a string, a body or another comment. */
  readonly lineComments: readonly LineComment[];
}

const OPENING = /--|\/\*|'|"|\$/g;
const NAME_CHARACTER = /[\w$\u0080-\uFFFF]/;
const DOLLAR_DELIMITER = /\$(?:[A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$/y;
const LINE_END = /[\n\r]/g;
const BLOCK_EDGE = /\/\*|\*\//g;
const ESCAPE_OR_QUOTE = /\\[\s\S]|''|'/g;
/** Strings that only a line end parts are one string, and an E'…' stays one. */
const CONTINUATION = /[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:\s|--[^\n\r]*[\n\r])*'/y;

/**
 * Tells code from comments and strings, by the rules of PostgreSQL's lexer and without it: the parser takes 40 ms to
 * load, which a run of ordinary migrations never needs. What is left open at the end of the text reaches to its end.
 */
export function readOutline(text: string): Outline {
  const lineComments: LineComment[] = [];
  const pieces: string[] = [];
  let copied = 0;
  OPENING.lastIndex = 0;
  for (let match = OPENING.exec(text); match; match = OPENING.exec(text)) {
    const start = match.index;
    const end = endOf(text, start, match[0]);
    if (match[0] === '--') lineComments.push({ start, end });
    const filler = match[0] === '--' || match[0] === '/*' ? ' ' : '.';
    if (end > start + 1) {
      pieces.push(text.slice(copied, start), filler.repeat(end - start));
      copied = end;
    }
    OPENING.lastIndex = end;
  }
  pieces.push(text.slice(copied));
  return { code: pieces.join(''), lineComments };
}

function endOf(text: string, start: number, opening: string): number {
  switch (opening) {
    case '--':
      return endOfLine(text, start);
    case '/*':
      return endOfBlock(text, start);
    case "'":
      return isEscapeString(text, start) ? endOfEscapeString(text, start + 1) : closing(text, "'", start + 1);
    case '"':
      return closing(text, '"', start + 1);
    default:
      return endOfDollar(text, start);
  }
}

/** A doubled quote ends one string and begins the next, which comes to the same here. */
function closing(text: string, quote: string, from: number): number {
  const index = text.indexOf(quote, from);
  return index === -1 ? text.length : index + quote.length;
}

function endOfBlock(text: string, start: number): number {
  BLOCK_EDGE.lastIndex = start;
  let depth = 0;
  for (let match = BLOCK_EDGE.exec(text); match; match = BLOCK_EDGE.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return match.index + 2;
  }
  return text.length;
}

function isEscapeString(text: string, start: number): boolean {
  return /[eE]/.test(text.charAt(start - 1)) && !NAME_CHARACTER.test(text.charAt(start - 2));
}

function endOfEscapeString(text: string, from: number): number {
  ESCAPE_OR_QUOTE.lastIndex = from;
  for (let match = ESCAPE_OR_QUOTE.exec(text); match; match = ESCAPE_OR_QUOTE.exec(text)) {
    if (match[0] !== "'") continue;
    CONTINUATION.lastIndex = ESCAPE_OR_QUOTE.lastIndex;
    if (!CONTINUATION.test(text)) return ESCAPE_OR_QUOTE.lastIndex;
    ESCAPE_OR_QUOTE.lastIndex = CONTINUATION.lastIndex;
  }
  return text.length;
}

/** `$tag$ … $tag$`; a dollar inside a name, or before the number of a parameter, opens nothing. */
function endOfDollar(text: string, start: number): number {
  if (NAME_CHARACTER.test(text.charAt(start - 1))) return start + 1;
  DOLLAR_DELIMITER.lastIndex = start;
  const delimiter = DOLLAR_DELIMITER.exec(text)?.[0];
  return delimiter === undefined ? start + 1 : closing(text, delimiter, start + delimiter.length);
}

function endOfLine(text: string, start: number): number {
  LINE_END.lastIndex = start;
  return LINE_END.exec(text)?.index ?? text.length;
}
