const NAMES = new Set(['AbortError', 'TimeoutError']);
const CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_SOCKET',
]);

/** Whether it is a connection that failed, or took too long: not an answer, so that asking again may go well. */
export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  return NAMES.has(error.name) || CODES.has(String(code)) || isConnectionFailure(error.cause);
}
