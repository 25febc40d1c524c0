import { ERROR_CODES } from '@atriz/database';
import type { Server } from '@atriz/http';
import fc from 'fast-check';
import { hostileText } from './hostile-values.ts';
import { nearly, type JsonSchema } from './request-shapes.ts';

/** A request as it is sent, and shown where it breaks something. */
export interface MalformedRequest {
  readonly method: Method;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string | Buffer;
  readonly remoteAddress: string;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number];

interface Route {
  readonly method: Method;
  readonly path: string;
  readonly params: Readonly<Record<string, JsonSchema>>;
  readonly query: Readonly<Record<string, JsonSchema>>;
  readonly body: JsonSchema | undefined;
}

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema?: JsonSchema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
}

/** Every route of a server, as its own OpenAPI document tells them. */
export async function readRoutes(app: Server): Promise<Route[]> {
  const document = (await app.inject('/openapi.json')).json<{ paths: Record<string, Record<string, Operation>> }>();
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase() as Method,
      path,
      params: schemasOf(parameters, 'path'),
      query: schemasOf(parameters, 'query'),
      body: requestBody?.content['application/json']?.schema,
    })),
  );
}

function schemasOf(parameters: NonNullable<Operation['parameters']>, place: string): Record<string, JsonSchema> {
  const found = parameters.filter((each) => each.in === place);
  return Object.fromEntries(found.map(({ name, schema = {} }) => [name, schema]));
}

const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=latin1',
  'text/plain',
  '*/*',
  '',
];

/** Requests of one route: some that fit in all but one place, some that are nonsense. */
export function malformedRequest(
  route: Route,
  { headers, ids }: { readonly headers: MalformedRequest['headers']; readonly ids: readonly string[] },
): fc.Arbitrary<MalformedRequest> {
  const hostileHeader = hostileText.map((text) => encode(text).slice(0, 300));
  return fc.record({
    method: rarely(route.method, fc.constantFrom(...METHODS)),
    url: fc
      .tuple(pathOf(route, ids), queryOf(route.query))
      .map(([path, query]) => `${path}${query}`)
      .filter((url) => URL.canParse(url, 'http://localhost')),
    headers: fc
      .record({
        authorization: rarely(
          headers['authorization'],
          hostileHeader.map((text) => `Bearer ${text}`),
        ),
        'content-type': rarely('application/json', fc.constantFrom(...TYPES)),
        'idempotency-key': fc.oneof(fc.uuid(), hostileHeader),
        origin: rarely(headers['origin'], hostileHeader),
        cookie: rarely(
          undefined,
          hostileHeader.map((text) => `session=${text}`),
        ),
        'x-request-id': rarely(undefined, hostileHeader),
      })
      .map((all) =>
        Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => Boolean(entry[1]))),
      ),
    payload: route.method === 'GET' ? rarely('', bodyOf(route.body)) : bodyOf(route.body),
    remoteAddress: fc.ipV4(),
  });
}

function rarely<Usual, Odd>(usual: Usual, odd: fc.Arbitrary<Odd>): fc.Arbitrary<Usual | Odd> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd });
}

function pathOf({ path, params }: Route, ids: readonly string[]): fc.Arbitrary<string> {
  const parts = path.split('/').map((part) => {
    const [, name] = /^\{(.*)\}$/.exec(part) ?? [];
    if (name === undefined) return fc.oneof({ weight: 40, arbitrary: fc.constant(part) }, inUrl);
    const fitting = nearly(params[name]).map((value) => encode(asText(value)));
    const known = params[name]?.format === 'uuid' ? fc.constantFrom(...ids) : fitting;
    return fc.oneof({ weight: 4, arbitrary: known }, fitting, inUrl);
  });
  return fc.tuple(...parts).map((all) => all.join('/') || '/');
}

/** As it stands in a URL, whatever it is. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Encoded as it should be, or sent as it is. */
const inUrl: fc.Arbitrary<string> = fc.oneof(
  hostileText.map(encode),
  fc.constantFrom('%', '%zz', '%c0%ae', '%E0%A4%A', '..', '.', '%2F', "'", '"', '%00', ';', '\\', '@', ':', '~'),
);

function queryOf(query: Route['query']): fc.Arbitrary<string> {
  const known = Object.entries(query).map(([name, schema]) =>
    nearly(schema).map((value) => [name, asText(value)] as const),
  );
  const odd = fc.tuple(hostileText, hostileText);
  const pairs = fc.oneof(
    fc.tuple(...known),
    fc.array(odd, { maxLength: 3 }),
    fc.subarray(known).chain((some) => fc.tuple(...some)),
  );
  return pairs.map((all) =>
    all.length === 0 ? '' : `?${all.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')}`,
  );
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function bodyOf(schema: JsonSchema | undefined): fc.Arbitrary<string | Buffer> {
  const json = nearly(schema ?? {}).map((value) => JSON.stringify(value) ?? 'null');
  return fc.oneof(
    { weight: 12, arbitrary: json },
    { weight: 2, arbitrary: fc.tuple(json, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.json() },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        '{"__proto__":{"admin":true}}',
        '{"constructor":{"prototype":{"admin":true}}}',
        '{"a":1,"a":2}',
        '[',
        `${'['.repeat(5000)}${']'.repeat(5000)}`,
        `{"name":"${'x'.repeat(70_000)}"}`,
        `{"n":1${'0'.repeat(400)}}`,
      ),
    },
  );
}

/** Words of PostgreSQL, of Node and of our own files that no answer may have. */
const LEAKS =
  /syntax error at|violates|duplicate key|relation "|column "|invalid input syntax|SQLSTATE|out of range for type|ECONN|node_modules|\.[tj]s:\d|\n\s+at |node:internal|password_hash|\/(?:packages|apps|src|dist)\//;
const CODES: ReadonlySet<string> = new Set(ERROR_CODES);

/** What is wrong with an answer; undefined where nothing is. */
export function findFault(answer: {
  statusCode: number;
  headers: Record<string, unknown>;
  body: string;
}): string | undefined {
  const { statusCode, headers, body } = answer;
  if (statusCode >= 500 && statusCode !== 503) return `${statusCode}: ${body}`;
  if (statusCode === 503 && headers['retry-after'] === undefined) return '503 without Retry-After';
  if (statusCode < 400 || body === '') return undefined;
  if (!String(headers['content-type']).startsWith('application/problem+json'))
    return `no problem: ${body.slice(0, 200)}`;
  if (!CODES.has((JSON.parse(body) as { code: string }).code)) return `unknown code: ${body.slice(0, 200)}`;
  return LEAKS.test(body) ? `leaks: ${body.slice(0, 500)}` : undefined;
}
