import type { Facts, TurboSettings } from './facts.ts';
import { TASKS } from './facts.ts';
import { escapeRegExp, orWell, type Finding } from './finding.ts';

const CHECK = 'turbo variables';

/** What decides where a database is, what may be done to it, and how; a run that is not told does something else. */
const DECIDING = [
  'ATRIZ_ALLOW_DESTRUCTIVE',
  'ATRIZ_EPHEMERAL',
  'ATRIZ_RUN_ID',
  'DATABASE_PROVIDER',
  'DISABLE_DB_RESET',
  'DISABLE_SEED_OVERRIDE',
  'MIGRATION_BACKUP_MAX_AGE_HOURS',
  'NODE_ENV',
  'PGHOST',
  'PGPASSWORD',
  'PGPORT',
  'PGSSLMODE',
  'PGUSER',
  'REQUIRE_MIGRATION_BACKUP',
];
/** What changes how it is told. */
const TELLING = ['FORCE_COLOR', 'LOG_LEVEL', 'NO_COLOR'];

/**
 * Turbo gives a task only the variables that `turbo.json` names: another one is as if it was not set, so that a database
 * is looked for elsewhere without a word.
 */
export function checkTurboVariables({ turbo, owners }: Pick<Facts, 'turbo' | 'owners'>): readonly Finding[] {
  if (turbo === undefined || turbo.envMode === 'loose') return [];
  const urls = owners.flatMap(({ definition }) => [definition.urlVariable, definition.directUrlVariable ?? []].flat());
  const find = (names: readonly string[], level: Finding['level']): Finding[] => {
    const tasks = TASKS.filter((task) => turbo.tasks?.[task]);
    const stripped = (task: string): string =>
      [...new Set(names)]
        .filter((name) => !passes(name, task, turbo))
        .toSorted()
        .join(', ');
    // one finding for the tasks that lack the same
    return [...Map.groupBy(tasks, stripped)]
      .filter(([variables]) => variables !== '')
      .map(([variables, deprived]) => ({
        check: CHECK,
        level,
        message: `Turbo strips ${variables} from ${deprived.join(', ')}`,
        mend: `add to globalPassThroughEnv in turbo.json: "${variables.replaceAll(', ', '", "')}"`,
      }));
  };
  const findings = [...find([...urls, ...DECIDING], 'fail'), ...find(TELLING, 'warn')];
  return orWell(CHECK, findings, 'Turbo passes the variables that Atriz reads');
}

function passes(name: string, task: string, { globalEnv, globalPassThroughEnv, tasks }: TurboSettings): boolean {
  const { env, passThroughEnv } = tasks?.[task] ?? {};
  return [globalEnv, globalPassThroughEnv, env, passThroughEnv].some((patterns = []) => isMatched(name, patterns));
}

/** As Turbo matches: `*` stands for anything, and a pattern that begins with `!` takes out. */
function isMatched(name: string, patterns: readonly string[]): boolean {
  const matches = (pattern: string): boolean =>
    new RegExp(`^${pattern.split('*').map(escapeRegExp).join('.*')}$`).test(name);
  const excluded = patterns.filter((each) => each.startsWith('!')).map((each) => each.slice(1));
  return patterns.some((each) => !each.startsWith('!') && matches(each)) && !excluded.some(matches);
}
