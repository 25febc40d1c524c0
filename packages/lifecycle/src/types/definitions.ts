/**
 * The helper types of the generated file, by name: kysely-codegen's own, but for what pg does otherwise, as the
 * formatter would leave them.
 *
 * pg makes `{a,b}` of an array, which is no JSON: one for a `jsonb` column goes in as text, by `JSON.stringify`. An
 * `interval` comes as an object of postgres-interval, a package that an application need not have.
 */
export const DEFINITIONS: Readonly<Record<string, string>> = {
  ArrayType: 'export type ArrayType<T> = ArrayTypeImpl<T> extends (infer U)[] ? U[] : ArrayTypeImpl<T>;',
  ArrayTypeImpl: `export type ArrayTypeImpl<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S[], I[], U[]> : T[];`,
  Circle: `export type Circle = {
  x: number;
  y: number;
  radius: number;
};`,
  Generated: `export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;`,
  GeneratedAlways: `export type GeneratedAlways<T> =
  T extends ColumnType<infer S, unknown, unknown> ? ColumnType<S, never, never> : ColumnType<T, never, never>;`,
  Int8: 'export type Int8 = ColumnType<string, bigint | number | string, bigint | number | string>;',
  Interval: `export type Interval = ColumnType<IntervalValue, IntervalValue | string, IntervalValue | string>;`,
  IntervalValue: `export interface IntervalValue {
  years?: number;
  months?: number;
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  milliseconds?: number;
  toPostgres(): string;
}`,
  Json: `/** Give an array as JSON text: pg would write a JavaScript array as one of PostgreSQL's. */
export type Json = ColumnType<
  JsonValue,
  JsonObject | boolean | number | string,
  JsonObject | boolean | number | string
>;`,
  JsonArray: 'export type JsonArray = JsonValue[];',
  JsonObject: `export type JsonObject = {
  [x: string]: JsonValue | undefined;
};`,
  JsonPrimitive: 'export type JsonPrimitive = boolean | null | number | string;',
  JsonValue: 'export type JsonValue = JsonArray | JsonObject | JsonPrimitive;',
  Numeric: 'export type Numeric = ColumnType<string, number | string, number | string>;',
  Point: `export type Point = {
  x: number;
  y: number;
};`,
  Timestamp: 'export type Timestamp = ColumnType<Date, Date | string, Date | string>;',
};
