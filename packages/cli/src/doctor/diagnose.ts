import { checkBuilds } from './builds.ts';
import type { Facts } from './facts.ts';
import type { Finding } from './finding.ts';
import { checkNode } from './node-version.ts';
import { checkOrder } from './order.ts';
import { checkPackages } from './packages.ts';
import { checkSecrets } from './secrets.ts';
import { checkTurboTasks } from './turbo-tasks.ts';
import { checkTurboVariables } from './turbo-variables.ts';

const CHECKS: readonly ((facts: Facts) => readonly Finding[])[] = [
  checkNode,
  checkPackages,
  checkOrder,
  checkTurboTasks,
  checkTurboVariables,
  checkBuilds,
  checkSecrets,
];

/** Everything that the facts say. Pure; servers are asked apart. */
export function diagnose(facts: Facts): readonly Finding[] {
  return CHECKS.flatMap((check) => check(facts));
}
