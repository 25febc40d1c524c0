/** A place in a file, as a person finds it. */
export interface Place {
  readonly line: number;
  /** From 1, in UTF-16 units: as editors count. */
  readonly column: number;
  /** The line itself. */
  readonly text: string;
}

/** The place of an index into the text of a file, both in UTF-16 units. */
export function placeAt(text: string, index: number): Place {
  const start = text.lastIndexOf('\n', index - 1) + 1;
  const end = text.indexOf('\n', index);
  return {
    line: text.slice(0, index).split('\n').length,
    column: index - start + 1,
    text: text.slice(start, end === -1 ? undefined : end).replace(/\r$/, ''),
  };
}

/** The line with its number, and below it a mark under the column. */
export function quotePlace({ line, column, text }: Place): string[] {
  return [
    `  ${String(line).padStart(4)} | ${text}`,
    `       | ${text.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')}^`,
  ];
}
