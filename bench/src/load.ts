import autocannon from 'autocannon';

export interface Load {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** A new body for each request, in place of `body`. */
  readonly nextBody?: () => string;
  /** New headers for each request, on top of `headers`. */
  readonly nextHeaders?: () => Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly answersASecond: number;
  /** Milliseconds within which 99 of 100 answers came. */
  readonly p99Ms: number;
}

/** Sends requests over so many connections for so long. Rejects when one was answered with an error, or not at all. */
export async function runLoad({ nextBody, nextHeaders, ...load }: Load): Promise<LoadResult> {
  const { url, method = 'GET', headers = {}, body, connections, seconds } = load;
  const json = method === 'POST' ? { 'content-type': 'application/json', ...headers } : headers;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: [
      {
        method,
        headers: json,
        ...(body === undefined ? {} : { body }),
        setupRequest: (request) => ({
          ...request,
          ...(nextBody ? { body: nextBody() } : {}),
          headers: { ...request.headers, ...nextHeaders?.() },
        }),
      },
    ],
  });
  if (result.errors > 0 || result.non2xx > 0) {
    throw new Error(`${url}: ${result.non2xx} answers were errors, ${result.errors} requests had none`);
  }
  return { answersASecond: result['2xx'] / result.duration, p99Ms: result.latency.p99 };
}
