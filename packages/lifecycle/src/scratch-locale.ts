import pg from 'pg';

/** A row of `pg_database`, whose columns differ from version to version, with its encoding's name. */
export interface DatabaseRow {
  readonly encoding: string;
  readonly datcollate: string;
  readonly datctype: string;
  /** PostgreSQL 15 and newer: `c` of the operating system, `i` of ICU, `b` PostgreSQL's own (17 and newer). */
  readonly datlocprovider?: string;
  /** PostgreSQL 15 and 16. */
  readonly daticulocale?: string | null;
  /** PostgreSQL 17 and newer. */
  readonly datlocale?: string | null;
  /** PostgreSQL 16 and newer. */
  readonly daticurules?: string | null;
}

/** The clauses of CREATE DATABASE that give a new database the encoding and locale of another one. */
export function localeClauses(row: DatabaseRow): string {
  const locale = row.datlocale ?? row.daticulocale;
  const clauses: readonly (readonly [string, string | null | undefined])[] = [
    ['ENCODING', row.encoding],
    ['LC_COLLATE', row.datcollate],
    ['LC_CTYPE', row.datctype],
    ['LOCALE_PROVIDER', { c: 'libc', i: 'icu', b: 'builtin' }[row.datlocprovider ?? '']],
    ['ICU_LOCALE', row.datlocprovider === 'i' ? locale : undefined],
    ['ICU_RULES', row.daticurules],
    ['BUILTIN_LOCALE', row.datlocprovider === 'b' ? locale : undefined],
  ];
  return clauses.flatMap(([clause, value]) => (value ? [`${clause} ${pg.escapeLiteral(value)}`] : [])).join(' ');
}
