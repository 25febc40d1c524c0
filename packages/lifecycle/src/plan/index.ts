export type {
  FamilyPlan,
  PlannedDatabase,
  PlannedFinding,
  PlannedMigration,
  PlannedRequirement,
  PlannedStatement,
} from './family-plan.ts';
export { planFamily, type PlanOptions } from './plan-family.ts';
