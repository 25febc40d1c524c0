/** Which of a definition's instances a command acts on, and how. */
export interface FleetOptions {
  /** Only these instances, and not the definitions' own databases; a `*` stands for any characters. */
  readonly instance?: readonly string[] | undefined;
  /** Tell of each instance, not only of those that failed. */
  readonly instances?: boolean | undefined;
  /** How many instances at once, at most. */
  readonly concurrency?: number | undefined;
  /** Begin no other instance after so many failures. */
  readonly maxFailures?: number | undefined;
}
