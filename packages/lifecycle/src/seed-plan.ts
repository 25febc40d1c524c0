import { AtrizError, type SeedFile } from '@atriz/database';

export interface SeedSituation {
  /** The checksum of each file, by its name. */
  readonly checksums: ReadonlyMap<string, string>;
  /** The checksum that each seed had when it ran last, by its name. */
  readonly register: ReadonlyMap<string, string>;
  /** Only what the register does not know with this text. */
  readonly pendingOnly: boolean;
  /** Nothing runs a second time. */
  readonly overrideDisabled: boolean;
}

export interface SeedPlan {
  readonly wanted: ReadonlySet<string>;
  /** What was asked for, but ran already. */
  readonly leftOut: readonly string[];
}

/**
 * Decides which seeds run. Where nothing may run twice, what ran with this text is left out, and what ran with another
 * is refused, before any seed is run: to leave it out would look like success.
 *
 * Throws `SEED_REFUSED`.
 */
export function planSeeds(files: readonly SeedFile[], situation: SeedSituation): SeedPlan {
  const { checksums, register, pendingOnly, overrideDisabled } = situation;
  const names = files.map(({ name }) => name);
  const isPending = (name: string): boolean => register.get(name) !== checksums.get(name);
  if (!overrideDisabled) return { wanted: new Set(pendingOnly ? names.filter(isPending) : names), leftOut: [] };
  const edited = names.filter((name) => register.has(name) && isPending(name));
  if (edited.length > 0) {
    throw new AtrizError(
      'SEED_REFUSED',
      `${edited.join(', ')} ran already with another text, and DISABLE_SEED_OVERRIDE is on: it would write over what is there`,
      { hint: 'bring the old text back and write a new seed; or, if it must be: DISABLE_SEED_OVERRIDE=false' },
    );
  }
  return {
    wanted: new Set(names.filter((name) => !register.has(name))),
    leftOut: pendingOnly ? [] : names.filter((name) => register.has(name)),
  };
}
