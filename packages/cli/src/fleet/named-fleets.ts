import { AtrizError } from '@atriz/database';
import { selectInstances } from '@atriz/lifecycle/fleet';
import type { Invocation } from '../invocation.ts';
import { openFleet, type Fleet } from './fleet.ts';

const SHOWN_NAMES = 10;

/**
 * The fleets of which `--instance` names an instance, with those instances only.
 *
 * Throws `INSTANCE_UNKNOWN` for a name that is nobody's, and what `readInstances` throws.
 */
export async function openNamedFleets(invocation: Invocation, patterns: readonly string[]): Promise<readonly Fleet[]> {
  const databases = invocation.databases.filter(({ instances }) => instances !== undefined);
  const fleets = await Promise.all(databases.map((database) => openFleet(invocation, database)));
  const all = fleets.flatMap(({ instances }) => instances);
  const unknown = patterns.filter((pattern) => selectInstances(all, [pattern]).length === 0);
  if (unknown.length > 0) {
    const known = all.slice(0, SHOWN_NAMES).map(({ name }) => name);
    const places = databases.map(({ name }) => name).join(', ');
    throw new AtrizError('INSTANCE_UNKNOWN', `there is no instance "${unknown[0]}"${places ? ` of ${places}` : ''}`, {
      hint:
        known.length === 0
          ? 'the databases chosen have no instances'
          : `choose of: ${known.join(', ')}${all.length > known.length ? `, … (${all.length} in all)` : ''}`,
    });
  }
  return fleets.flatMap((fleet) => {
    const instances = selectInstances(fleet.instances, patterns);
    return instances.length > 0 ? [{ ...fleet, instances }] : [];
  });
}
