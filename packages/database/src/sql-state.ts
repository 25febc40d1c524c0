/**
 * The SQLSTATE of an error that the server reported, or `''` for any other error.
 * A system error such as EPIPE also has five capitals for a code, but no severity.
 */
export function sqlState(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('severity' in error)) return '';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
