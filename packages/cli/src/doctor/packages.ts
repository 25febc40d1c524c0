import { TASKS, type Facts, type Owner } from './facts.ts';
import { orWell, type Finding } from './finding.ts';

const CHECK = 'packages';

/** What a package that owns a database has in its `package.json`: Turbo runs the scripts that are there, and no others. */
const SCRIPTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(TASKS.map((task) => [task, `atriz ${task.slice('db:'.length)}`])),
  migrate: 'atriz migrate',
  'migrate:create': 'atriz migrate create',
};

export function checkPackages({ owners }: Pick<Facts, 'owners'>): readonly Finding[] {
  const findings = owners.flatMap((owner) => [...missingScripts(owner), ...missingDependencies(owner)]);
  return orWell(CHECK, findings, 'every package with a database has its scripts and dependencies');
}

function missingScripts({ name, directory, manifest }: Owner): Finding[] {
  const missing = Object.keys(SCRIPTS).filter((script) => !manifest.scripts?.[script]?.includes('atriz'));
  if (missing.length === 0) return [];
  const lines = missing.map((script) => `"${script}": "${SCRIPTS[script]}"`);
  return [
    {
      check: CHECK,
      level: 'fail',
      message: `${name} has a database, but not the scripts ${missing.join(', ')}: it is left out without a word`,
      mend: `add to the scripts of ${directory}/package.json: ${lines.join(', ')}`,
    },
  ];
}

function missingDependencies({ name, directory, manifest, hasTypes }: Owner): Finding[] {
  const { dependencies = {}, devDependencies = {}, peerDependencies = {} } = manifest;
  const known = { ...dependencies, ...devDependencies, ...peerDependencies };
  const wanted = [
    ['@atriz/database', 'database.config.ts imports it'],
    ['@atriz/cli', 'its scripts run atriz'],
    ...(hasTypes ? [['kysely', 'src/schema.ts imports it'] as const] : []),
  ] as const;
  return wanted
    .filter(([dependency]) => !(dependency in known))
    .map(([dependency, reason]) => ({
      check: CHECK,
      level: 'fail',
      message: `${name} does not depend on ${dependency}: ${reason}`,
      mend: `add ${dependency} to the dependencies of ${directory}/package.json, and run pnpm install`,
    }));
}
