import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifySchema } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

export interface SignOnFilesOptions {
  /** The website's URL, where the session is. */
  readonly website: string;
  /** The pages of other applications that a signed-in person can go to: URL by name. */
  readonly applications?: Readonly<Record<string, string>>;
}

/** From `src/fastify` and from `dist/fastify` alike. */
const DIRECTORY = join(import.meta.dirname, '../../browser');
const FILES = [
  ['sign-on.js', 'text/javascript; charset=utf-8'],
  ['style.css', 'text/css; charset=utf-8'],
] as const;

/** No route of the service's own description: @fastify/swagger leaves it out. */
const unlisted: { readonly schema: FastifySchema & { readonly hide: true } } = { schema: { hide: true } };

/**
 * Serves what the page of every application needs to know who is signed in: the module `/sign-on/sign-on.js`, the
 * shared look `/sign-on/style.css`, and `/sign-on/settings.json`, which tells the module where the website is.
 *
 * @example
 * await app.register(signOnFiles, { website: 'https://www.example.com' });
 */
export const signOnFiles = fastifyPlugin(
  async (app: FastifyInstance, { website, applications = {} }: SignOnFilesOptions): Promise<void> => {
    for (const [name, type] of FILES) {
      const content = await readFile(join(DIRECTORY, name));
      app.get(`/sign-on/${name}`, unlisted, (_, reply) =>
        reply.type(type).header('cache-control', 'public, max-age=300').send(content),
      );
    }
    app.get('/sign-on/settings.json', unlisted, (_, reply) =>
      reply.header('cache-control', 'no-cache').send({ website, applications }),
    );
  },
  { name: '@atriz/core/sign-on-files' },
);
