export type {
  FamilyPlan,
  PlannedDatabase,
  PlannedMigration,
  PlannedRequirement,
  PlannedStatement,
} from './family-plan.ts';
export { planFamily, type PlanOptions } from './plan-family.ts';
