/** What the sign-on tells of: the slice of a pino logger that it uses. No secret is ever handed to it. */
export interface AuthLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export const SILENT: AuthLogger = { info: ignore, warn: ignore, error: ignore };

function ignore(): void {}
