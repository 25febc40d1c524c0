export { maintainDatabase, type MaintainResult } from './maintain.ts';
export { type DeletionOutcome, type FamilyReach } from './requested-deletions.ts';
