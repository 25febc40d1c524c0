import type { InjectOptions } from 'fastify';
import type { TestService, TestUser } from './service.ts';

export interface TestRequest {
  /** Who asks. Default: somebody who is not signed in. */
  readonly user?: Pick<TestUser, 'headers'>;
  readonly payload?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks a service under test. `target` is a method and a path: `POST /auth/sign-in`. */
export async function ask(
  { app }: Pick<TestService, 'app'>,
  target: string,
  { user, payload, headers }: TestRequest = {},
) {
  const [method, url] = target.split(' ') as [NonNullable<InjectOptions['method']>, string];
  return app.inject({ method, url, headers: { ...user?.headers, ...headers }, ...(payload && { payload }) });
}

/** The token in the newest mail to somebody. */
export async function mailedToken({ mails }: Pick<TestService, 'mails'>, to: string): Promise<string> {
  const newest = (): string | undefined => mails.findLast((mail) => mail.to === to)?.text;
  for (let left = 200; newest() === undefined && left > 0; left -= 1) {
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
  return /token=([\w-]+)/.exec(newest() ?? '')?.[1] ?? '';
}
