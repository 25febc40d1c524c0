/** The part of a database's work that is done in one go. */
export interface Stretch {
  /** The last migration that is applied in it; `undefined` where nothing needs to wait for another database. */
  readonly to: string | undefined;
  /** Nothing of the database was done before it. */
  readonly isFirst: boolean;
  /** Nothing of the database comes after it. */
  readonly isLast: boolean;
}

/** All of it at once. */
export const WHOLE: Stretch = { to: undefined, isFirst: true, isLast: true };
