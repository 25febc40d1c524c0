export { checkReferences, type CheckOptions, type ReferenceOutcome } from './check.ts';
export { deleteReferenced, type DeletionRequest, type DeletionResult } from './deletion.ts';
export { readChecks, type ReferenceCheckRecord } from './record.ts';
export type { FamilyAccess } from './session.ts';
export type { ReferenceCheck } from './source.ts';
export type { OrphanSample } from './orphans.ts';
