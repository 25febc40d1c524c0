import fc from 'fast-check';
import { hostileText, hostileValue } from './hostile-values.ts';

/** As far as the documents of our services use JSON Schema. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

const WELL_FORMED: Readonly<Record<string, fc.Arbitrary<string>>> = {
  uuid: fc.uuid(),
  email: fc.uuid().map((name) => `${name}@example.com`),
  uri: fc.constant('https://garden.example/'),
  'date-time': fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }).map(toText),
  date: fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }).map(toDay),
};

function toText(date: Date): string {
  return date.toISOString();
}

function toDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/**
 * Values of nearly the shape that a schema asks for: most places hold what fits, so that what does not fit in one of
 * them comes as far as it can.
 */
export function nearly(schema: JsonSchema = {}): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 14, arbitrary: fitting(schema) }, { weight: 1, arbitrary: hostileValue });
}

function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(nearly));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch ([schema.type].flat()[0]) {
    case 'object':
      return fieldsOf(schema);
    case 'array':
      return fc.array(nearly(schema.items), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.integer({ min: Math.max(schema.minimum ?? 0, -1000), max: Math.min(schema.maximum ?? 100, 1000) });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return WELL_FORMED[schema.format ?? ''] ?? fc.oneof(fc.constant('seven quiet otters'), hostileText);
  }
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<object> {
  const fields = Object.fromEntries(Object.entries(properties).map(([key, of]) => [key, nearly(of)]));
  return fc.record(fields, { requiredKeys: required.filter((key) => key in fields) });
}
