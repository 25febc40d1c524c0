import autocannon from 'autocannon';
import { randomInt } from 'node:crypto';

export interface Load {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the body of each request. */
  readonly nextBody?: () => string;
  readonly connections: number;
  /** Either so long, or so many requests. */
  readonly until: { readonly seconds: number } | { readonly requests: number };
}

export interface LoadResult {
  readonly answersASecond: number;
  /** Milliseconds within which 99 of 100 answers came. */
  readonly p99Ms: number;
}

/**
 * Sends requests, each as if from another address: what limits one client is not what is measured. Rejects when one was
 * answered with an error, or not at all.
 */
export async function runLoad({ nextBody, ...load }: Load): Promise<LoadResult> {
  const { url, method = 'GET', headers = {}, connections, until } = load;
  const type = nextBody === undefined ? {} : { 'content-type': 'application/json' };
  const { promise: ended, resolve, reject } = Promise.withResolvers<autocannon.Result>();
  const start = performance.now();
  let answeredAt = start;
  const instance = autocannon(
    {
      url,
      connections,
      timeout: 60,
      ...('seconds' in until ? { duration: until.seconds } : { amount: until.requests }),
      requests: [
        {
          method,
          headers: { ...type, ...headers },
          setupRequest: (request) => ({
            ...request,
            ...(nextBody === undefined ? {} : { body: nextBody() }),
            headers: { ...request.headers, 'x-forwarded-for': `10.${byte()}.${byte()}.${byte()}` },
          }),
        },
      ],
    },
    (error, result) => (error ? reject(error) : resolve(result)),
  );
  // autocannon itself ends at its next full second.
  instance.on('response', () => void (answeredAt = performance.now()));
  const result = await ended;
  const seconds = (answeredAt - start) / 1000;
  if (result.errors > 0 || result.non2xx > 0 || result['2xx'] === 0) {
    throw new Error(`${url}: ${result['2xx']} answers, ${result.non2xx} errors, ${result.errors} without an answer`);
  }
  return { answersASecond: result['2xx'] / seconds, p99Ms: result.latency.p99 };
}

function byte(): number {
  return randomInt(1, 255);
}
