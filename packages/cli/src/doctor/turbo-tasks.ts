import { TASKS, type Facts, type Owner, type TurboTask } from './facts.ts';
import { orWell, type Finding } from './finding.ts';

const CHECK = 'turbo tasks';

/** What is done to a database must be done again each time, and after it was done to those that it depends on. */
export function checkTurboTasks({ turbo, root, owners }: Pick<Facts, 'turbo' | 'root' | 'owners'>): readonly Finding[] {
  const uses = (task: string): boolean => new RegExp(`\\bturbo\\b.*\\b${task}\\b`).test(root.scripts?.[task] ?? '');
  if (turbo === undefined) {
    const lost = TASKS.filter(uses);
    if (lost.length === 0) return [];
    return [fail(`${lost.join(', ')} run Turbo, but there is no turbo.json`, 'make one with these tasks')];
  }
  const tasks = turbo.tasks ?? {};
  const missing = TASKS.filter((task) => tasks[task] === undefined && uses(task));
  const findings = [
    missing.map((task) =>
      fail(`${task} is no task of turbo.json`, `add "${task}": { "cache": false, "dependsOn": ["^${task}"] }`),
    ),
    TASKS.flatMap((task) =>
      Object.keys(tasks)
        .filter((key) => key === task || key.endsWith(`#${task}`))
        .flatMap((key) => faultsOf(key, tasks[key]!)),
    ),
    TASKS.flatMap((task) => owners.flatMap((owner) => changesOf(owner, task))),
  ].flat();
  return orWell(CHECK, findings, 'the db tasks are not cached, and run in dependency order');
}

/** A package's own `turbo.json` changes what it names of a task, and leaves the rest as the root has it. */
function changesOf({ directory, turbo }: Owner, task: string): Finding[] {
  const { cache = false, dependsOn = [`^${task}`] } = turbo?.tasks?.[task] ?? {};
  const isExtended = dependsOn.includes('$TURBO_EXTENDS$');
  const settings = { cache, dependsOn: isExtended ? [`^${task}`] : dependsOn };
  return faultsOf(task, settings, `${directory}/turbo.json`);
}

/** `name` may be of one package: `@acme/shop#db:migrate`. */
function faultsOf(name: string, { cache, dependsOn }: TurboTask, file = 'turbo.json'): Finding[] {
  const task = name.split('#').at(-1)!;
  const findings: Finding[] = [];
  if (cache !== false) {
    const message = `Turbo caches ${name}: the second time it says what the first one did, and does nothing`;
    findings.push(fail(message, `set "cache": false for ${name} in ${file}`));
  }
  if (!dependsOn?.includes(`^${task}`)) {
    const message = `${name} does not wait for the databases that others depend on`;
    findings.push(fail(message, `add "^${task}" to the dependsOn of ${name} in ${file}`));
  }
  return findings;
}

function fail(message: string, mend: string): Finding {
  return { check: CHECK, level: 'fail', message, mend };
}
