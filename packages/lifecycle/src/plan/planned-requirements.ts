import { toProblem, type Problem } from '../status.ts';
import type { DatabaseState } from './database-state.ts';
import type { PlannedRequirement } from './family-plan.ts';
import type { MigrationNode, Requirement } from './graph.ts';
import { missingError, unansweredError, type Unmet } from './requirements.ts';
import type { PlannedPlace } from './planned-order.ts';

/** What a plan knows, beside its order. */
export interface Surroundings {
  readonly places: readonly PlannedPlace[];
  /** Of the chosen databases, and of those that they require. */
  readonly states: ReadonlyMap<string, DatabaseState>;
}

/** How it stands with what a migration requires, once the plan has come to it; pure. */
export function judgeRequirements({ requires }: MigrationNode, surroundings: Surroundings): PlannedRequirement[] {
  return requires.map(({ database, migration, line }) => {
    const state = judge({ database, migration, line }, surroundings);
    return { database, migration, state };
  });
}

function judge({ database, migration }: Requirement, { places, states }: Surroundings): PlannedRequirement['state'] {
  const isMeant = ({ name, squashes }: MigrationNode): boolean =>
    name === migration || (squashes?.includes(migration) ?? false);
  if (places.some((each) => each.database === database && isMeant(each.node))) return 'planned';
  const state = states.get(database);
  if (state?.applied.has(migration)) return 'applied';
  return state?.reachable ? 'missing' : 'unknown';
}

/** What `up` would say of the requirements of one database's migrations; pure. */
export function findRequirementProblems(database: string, surroundings: Surroundings): Problem[] {
  const { places, states } = surroundings;
  const lines = places
    .filter((each) => each.database === database)
    .flatMap(({ node: { path, requires } }) => requires.map((requirement) => ({ path, requirement })));
  const missing = lines.flatMap(({ path, requirement }): Unmet[] => {
    if (judge(requirement, surroundings) !== 'missing') return [];
    const { exists, place } = states.get(requirement.database)!;
    return [{ path, requirement, place, exists }];
  });
  const unanswered = lines.find(({ requirement }) => judge(requirement, surroundings) === 'unknown');
  return [
    ...(missing.length > 0 ? [toProblem(missingError(missing, database))] : []),
    ...(unanswered ? [describeSilence(unanswered, states)] : []),
  ];
}

function describeSilence(
  line: Pick<Unmet, 'path' | 'requirement'>,
  states: ReadonlyMap<string, DatabaseState>,
): Problem {
  const [problem] = states.get(line.requirement.database)!.problems as readonly [Problem];
  return toProblem(unansweredError(line, problem));
}
