/** A value that {@link formatCopyRow} can write; `undefined` is NULL, as for pg's parameters. */
export type CopyValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | Uint8Array
  | readonly CopyValue[]
  | { readonly [key: string]: unknown };

const NEEDS_ESCAPE = /[\\\n\r\t\b\f\v]/;
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};

/** One line of COPY's text format (PostgreSQL manual, COPY, "File Formats"), with its line end. */
export function formatCopyRow(values: readonly CopyValue[]): string {
  let line = '';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) line += '\t';
    line += formatField(values[index]);
  }
  return `${line}\n`;
}

function formatField(value: CopyValue): string {
  switch (typeof value) {
    case 'string':
      return escapeText(value);
    case 'number':
    case 'bigint':
      return String(value);
    case 'boolean':
      return value ? 't' : 'f';
    case 'undefined':
      return '\\N';
    default:
      return value === null ? '\\N' : escapeText(formatObject(value));
  }
}

/** Dates in UTC, bytes in hex, arrays as PostgreSQL arrays, other objects as JSON: what pg does with parameters. */
function formatObject(value: object): string {
  if (value instanceof Date) return formatDate(value);
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  if (Array.isArray(value)) return formatArray(value as readonly CopyValue[]);
  return JSON.stringify(value);
}

/** PostgreSQL reads neither ISO 8601's six-digit years nor its years before 1. */
function formatDate(date: Date): string {
  const text = date.toISOString();
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9999) return text;
  const rest = text.slice(text.indexOf('-', 1));
  return year >= 1 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`;
}

function formatArray(values: readonly CopyValue[]): string {
  const elements = values.map((value) => {
    if (value === null || value === undefined) return 'NULL';
    if (Array.isArray(value)) return formatArray(value as readonly CopyValue[]);
    const text = typeof value === 'object' ? formatObject(value) : String(value);
    return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  });
  return `{${elements.join(',')}}`;
}

function escapeText(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  return text.replaceAll(/[\\\n\r\t\b\f\v]/g, (character) => ESCAPES[character]!);
}
