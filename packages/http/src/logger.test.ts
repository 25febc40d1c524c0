import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createLogger } from './logger.ts';
import { createServer } from './server.ts';

it('tells no secret of a request, whether it succeeds, is refused, or fails', async () => {
  const destination = new PassThrough();
  const lines: string[] = [];
  destination.on('data', (chunk: Buffer) => lines.push(String(chunk)));
  await using app = await createServer({
    title: 'Orchard',
    description: 'Trees.',
    logger: createLogger({ name: 'orchard', level: 'debug', destination }),
  });
  const credentials = z.object({ email: z.email(), password: z.string().max(20) });
  app.post('/auth/sign-in', { schema: { body: credentials } }, async (request, reply) => {
    const { password } = request.body;
    request.log.info({ password, headers: request.headers, deep: { tokens: { refreshToken: 'SECRET-7' } } }, 'asked');
    if (password === 'SECRET-2') throw new Error('the gate is stuck', { cause: pgError() });
    return reply.header('set-cookie', 'session=SECRET-8').send({ accessToken: 'SECRET-9' });
  });
  const send = (url: string, password: string) =>
    app.inject({
      method: 'POST',
      url,
      headers: { authorization: 'Bearer SECRET-3', cookie: 'session=SECRET-4' },
      payload: { email: 'ann@example.com', password },
    });
  const answers = await Promise.all([
    send('/auth/sign-in?token=SECRET-5&page=2', 'SECRET-1'),
    send('/auth/sign-in', 'SECRET-2'),
    send('/auth/sign-in', `SECRET-6${'x'.repeat(20)}`),
    send('/auth/password-reset?x=1&reset_code=SECRET-0', 'SECRET-1'),
  ]);
  expect(answers.map(({ statusCode }) => statusCode)).toStrictEqual([200, 500, 400, 404]);
  const log = lines.join('');
  expect(log).not.toMatch('SECRET');
  expect(log).toMatch('/auth/sign-in?token=[secret]&page=2');
  expect(log).toMatch('"message":"the gate is stuck"');
  expect(log).toMatch('"constraint":"users_email_key"');
});

/** PostgreSQL repeats the row in the detail. */
function pgError(): Error {
  const detail = 'Failing row contains (1, ann@example.com, SECRET-X).';
  return Object.assign(new Error('null value'), { code: '23502', constraint: 'users_email_key', detail });
}
