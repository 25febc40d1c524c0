import { AtrizError } from '@atriz/database';
import type { FastifyRequest } from 'fastify';
import type { Server } from './server.ts';

/**
 * Reads bodies of JSON in UTF-8, and no others. An empty one is none, so that a DELETE of a client that always names a
 * content type is understood; one with `__proto__` or `constructor.prototype` in it is refused.
 */
export function takeJsonBodies(app: Server): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    let text: string;
    try {
      assertUtf8Said(request);
      text = utf8.decode(body as Buffer);
    } catch (error) {
      return done(error instanceof AtrizError ? error : unreadable(error), undefined);
    }
    return parse(request, text, (error, value) => done(error === null ? null : unreadable(error), value));
  });
}

function unreadable(cause: unknown): AtrizError {
  return new AtrizError('REQUEST_INVALID', 'the body is not JSON', { cause });
}

function assertUtf8Said({ headers: { 'content-type': type = '' } }: FastifyRequest): void {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^;"\s]*)/i.exec(type) ?? [];
  if (/^utf-?8$/i.test(charset)) return;
  throw new AtrizError('MEDIA_TYPE_UNSUPPORTED', 'this route takes application/json in UTF-8');
}
