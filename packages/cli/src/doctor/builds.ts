import type { Facts } from './facts.ts';
import { orWell, type Finding } from './finding.ts';

const CHECK = 'builds';
/** A checkout writes sources and builds within moments of each other. */
const TOLERANCE_MS = 2000;

/** What other packages import must be there, and be of the sources as they are now. */
export function checkBuilds({ builds }: Pick<Facts, 'builds'>): readonly Finding[] {
  const findings = builds.flatMap(({ name, missing, sourceMs, builtMs }): Finding[] => {
    const mend = 'pnpm build';
    if (missing !== undefined) {
      return [{ check: CHECK, level: 'fail', message: `${name} is not built: ${missing} is missing`, mend }];
    }
    if (sourceMs <= builtMs + TOLERANCE_MS) return [];
    return [{ check: CHECK, level: 'warn', message: `${name} was changed after it was built`, mend }];
  });
  return orWell(CHECK, findings, 'what is built is of the sources as they are');
}
