/** What a check has to say of one thing. */
export interface Finding {
  /** The group of checks that it is of, such as `turbo`. */
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'fail';
  /** A fact, with its place. */
  readonly message: string;
  /** One thing to do. */
  readonly mend?: string;
  /** Only that nobody answers: the workspace may be wired well. */
  readonly unreachable?: boolean;
}

/** The findings of a check, or one that all is well. */
export function orWell(check: string, findings: readonly Finding[], message: string): readonly Finding[] {
  return findings.length > 0 ? findings : [{ check, level: 'ok', message }];
}

/** A text as a regular expression that matches just it. */
export function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
