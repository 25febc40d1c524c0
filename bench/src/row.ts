import type { Environment } from './environment.ts';

/** What a contestant's figure counts: time and memory are better small, rates are better large. */
export type Unit = 'ms' | 'MiB' | '/s';

/** What has to be reached: of a comparison the ratio, ours to the peer's; of a limit the figure itself. */
export type Bar = { readonly atMost: number } | { readonly atLeast: number };

/** One line of the table: two contestants of the row, ours first. Without a bar the ratio is only reported. */
export interface Comparison {
  readonly ours: string;
  readonly peer: string;
  readonly bar?: Bar;
}

/** One line of the table: a contestant of the row that has nobody beside it, and a figure that it has to reach. */
export interface Limit {
  readonly ours: string;
  /** In the row's unit. */
  readonly bar: Bar;
}

/** Each contestant's figures, one a round and in the same order, so that those of one round make a pair. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** One thing that is measured. Adding a row is adding a file in `rows/` and its name in `rows.ts`. */
export interface Row {
  /** What `pnpm bench NAME` selects by. */
  readonly name: string;
  /** What the table calls it. */
  readonly title: string;
  readonly unit: Unit;
  readonly comparisons: readonly (Comparison | Limit)[];
  /** Prepares what it needs, measures every contestant that the comparisons name. */
  run(environment: Environment): Promise<Samples>;
}
