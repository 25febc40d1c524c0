import type { Server } from '@atriz/http';
import { expect, test } from 'vitest';
import { openService as openWebsite } from '../apps/atriz/test/service.ts';
import { openTestService as openMextrack } from '../apps/mextrack/test/service.ts';
import { openTestService as openPshop } from '../apps/pshop/test/service.ts';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema?: object }[];
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
  readonly security?: readonly object[];
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const SERVICES: readonly [string, () => Promise<AsyncDisposable & { readonly app: Server }>][] = [
  ['atriz', openWebsite],
  ['mextrack', openMextrack],
  ['pshop', openPshop],
];

/** What OpenAPI 3.1 asks of an operation, and what somebody who reads it does. */
function faultsOf(path: string, { summary, tags, parameters = [], responses }: Operation): string[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const declared = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
  const codes = Object.keys(responses);
  return [
    summary ? [] : ['no summary'],
    tags?.length ? [] : ['no tag'],
    inPath.toSorted().join() === declared.toSorted().join() ? [] : [`path parameters are ${declared.join()}`],
    parameters.every(({ schema }) => schema) ? [] : ['a parameter without a schema'],
    codes.some((code) => /^[23]\d\d$/.test(code)) ? [] : ['no good answer'],
    codes.every((code) => /^(?:[1-5]\d\d|default)$/.test(code)) ? [] : [`answers ${codes.join()}`],
    Object.values(responses).every(({ description }) => description !== undefined) ? [] : ['an answer undescribed'],
  ].flat();
}

test.each(SERVICES)(
  'the OpenAPI document of %s describes every route, and refers to nothing that is not there',
  async (_, open) => {
    await using service = await open();
    const answer = await service.app.inject('/openapi.json');
    const { openapi, info, paths, components } = answer.json<Document>();
    expect([openapi, info.version]).toStrictEqual(['3.1.0', '1.0.0']);
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => [`${method} ${path}`, faultsOf(path, operation)] as const),
    );
    expect(operations.length).toBeGreaterThan(10);
    expect(Object.fromEntries(operations.filter(([, faults]) => faults.length > 0))).toStrictEqual({});
    const references = [...answer.body.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!);
    expect(references.filter((name) => components.schemas[name] === undefined)).toStrictEqual([]);
  },
);

test.each(SERVICES)('every route of %s that asks for a token says so, and no other', async (_, open) => {
  await using service = await open();
  const { paths } = (await service.app.inject('/openapi.json')).json<Document>();
  const wrong: string[] = [];
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, { security = [] }] of Object.entries(item)) {
      const url = path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000');
      const answer = await service.app.inject({ method: method.toUpperCase() as 'GET', url });
      const asks = answer.headers['www-authenticate'] === 'Bearer';
      if (asks !== security.length > 0) wrong.push(`${method} ${path}: ${answer.statusCode}`);
    }
  }
  expect(wrong).toStrictEqual([]);
});
