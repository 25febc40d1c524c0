import type { Facts } from './facts.ts';
import { orWell, type Finding } from './finding.ts';

const CHECK = 'node';
/** The oldest that Atriz runs on. */
const LEAST = [24, 0, 0] as const;
const AT_LEAST = />=\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?/;

/** The Node that runs this must be new enough for Atriz, and for what the root's `engines` ask. */
export function checkNode({ root, nodeVersion }: Pick<Facts, 'root' | 'nodeVersion'>): readonly Finding[] {
  const running = partsOf(nodeVersion);
  const asked = AT_LEAST.exec(root.engines?.['node'] ?? '');
  const wanted = asked ? asked.slice(1).map((part) => Number(part ?? 0)) : [...LEAST];
  const least = isOlder(wanted, LEAST) ? [...LEAST] : wanted;
  const findings: Finding[] = [];
  if (isOlder(running, least)) {
    findings.push({
      check: CHECK,
      level: 'fail',
      message: `this is Node ${nodeVersion}, and ${least.join('.')} is the oldest that serves`,
      mend: 'add node to the devDependencies of the root, and run scripts by pnpm: it puts that one first in their path',
    });
  }
  return orWell(CHECK, findings, `Node ${nodeVersion} is new enough`);
}

function partsOf(version: string): number[] {
  return version
    .replace(/^v/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  const index = than.findIndex((part, at) => (version[at] ?? 0) !== part);
  return index !== -1 && (version[index] ?? 0) < than[index]!;
}
