import { styleText } from 'node:util';

/** A stream that text goes to: `process.stdout`, `process.stderr`, or a test's. */
export type Stream = NodeJS.WriteStream;

type Style = Parameters<typeof styleText>[0];

/** Colours `text` where the stream is a terminal that wants colour (`NO_COLOR` and `FORCE_COLOR` are heeded). */
export function paint(stream: Stream, style: Style, text: string): string {
  return styleText(style, text, { stream, validateStream: true });
}

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

/** Lines of aligned columns, without blanks at line ends; `widths` sets a least width for each column. */
export function alignColumns(
  stream: Stream,
  rows: readonly (readonly Cell[])[],
  widths: readonly number[] = [],
): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const width = Array.from({ length: columns }, (_, index) =>
    Math.max(widths[index] ?? 0, ...rows.map((row) => row[index]?.text.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map(({ text, style }, index) => {
        const painted = style ? paint(stream, style, text) : text;
        return index === row.length - 1 ? painted : painted + ' '.repeat(width[index]! - text.length);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `85 ms`, `1.24 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1 table`, `2 tables`, `10,000 rows`. Without `toLocaleString`, whose first call takes 16 ms. */
export function plural(count: number, noun: string): string {
  const digits = String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
  return `${digits} ${noun}${count === 1 ? '' : 's'}`;
}
