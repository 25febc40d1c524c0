export type {
  FamilyPlan,
  PlannedDatabase,
  PlannedFinding,
  PlannedMigration,
  PlannedRequirement,
  PlannedStatement,
} from './family-plan.ts';
export { DEFAULT_LOCK_TIMEOUT_MS } from '../migrations/directives.ts';
export { planFamily, type PlanOptions } from './plan-family.ts';
