import { TASKS, type Facts, type TurboTask } from './facts.ts';
import { orWell, type Finding } from './finding.ts';

const CHECK = 'turbo tasks';

/** What is done to a database must be done again each time, and after it was done to those that it depends on. */
export function checkTurboTasks({ turbo, root }: Pick<Facts, 'turbo' | 'root'>): readonly Finding[] {
  const uses = (task: string): boolean => new RegExp(`\\bturbo\\b.*\\b${task}\\b`).test(root.scripts?.[task] ?? '');
  if (turbo === undefined) {
    const lost = TASKS.filter(uses);
    if (lost.length === 0) return [];
    return [fail(`${lost.join(', ')} run Turbo, but there is no turbo.json`, 'make one with these tasks')];
  }
  const findings = TASKS.flatMap((task) => {
    const settings = turbo.tasks?.[task];
    if (settings !== undefined) return faultsOf(task, settings);
    const mend = `add "${task}": { "cache": false, "dependsOn": ["^${task}"] }`;
    return uses(task) ? [fail(`${task} is no task of turbo.json`, mend)] : [];
  });
  return orWell(CHECK, findings, 'the db tasks are not cached, and run in dependency order');
}

function faultsOf(task: string, { cache, dependsOn }: TurboTask): Finding[] {
  const findings: Finding[] = [];
  if (cache !== false) {
    const message = `Turbo caches ${task}: the second time it says what the first one did, and does nothing`;
    findings.push(fail(message, `set "cache": false for ${task} in turbo.json`));
  }
  if (!dependsOn?.includes(`^${task}`)) {
    const message = `${task} does not wait for the databases that others depend on`;
    findings.push(fail(message, `add "^${task}" to the dependsOn of ${task} in turbo.json`));
  }
  return findings;
}

function fail(message: string, mend: string): Finding {
  return { check: CHECK, level: 'fail', message, mend };
}
