export type { BackupCatalogue, BackupRecord } from './backup-record.ts';
export { cleanDatabase, type CleanResult } from './clean.ts';
export type { Context } from './context.ts';
export { createDatabase } from './create.ts';
export { dropDatabase } from './drop.ts';
export { runOverFamily, type FamilyRunOptions, type Outcome } from './family-run.ts';
export { previewIdentity, setIdentity, showIdentity, type IdentityOutcome, type IdentityReport } from './identity.ts';
export { refuseDestruction } from './guard.ts';
export type { IdentityChange } from './ledger/identity-change.ts';
export { checkIdentity, compareIdentity, readIdentity, type Identity } from './ledger/identity.ts';
export { withRun, type Run } from './ledger/run.ts';
export { createLateTable } from './ledger/late-table.ts';
export { readRuns, type PastRun } from './ledger/past-runs.ts';
export { requireIdentity } from './ledger/required-identity.ts';
export { createMigrationFile } from './migrations/create-file.ts';
export type { Edit } from './migrations/edits.ts';
export { joinMigrateResults, migrateUp, type MigrateOptions, type MigrateResult } from './migrations/migrate.ts';
export { migrateDown, migrateRedo, type UndoOptions } from './migrations/undo.ts';
export { readMigrationFiles, type MigrationFile } from './migrations/migration-file.ts';
export { readStake, type Stake } from './migrations/stake.ts';
export { readApplied } from './plan/applied.ts';
export { findDependents, type Dependent } from './plan/dependents.ts';
export { runInMigrationOrder, type OrderedRunOptions } from './plan/ordered-run.ts';
export type { OpenOther } from './plan/requirements.ts';
export { WHOLE, type Stretch } from './plan/stretch.ts';
export {
  joinPrepareResults,
  resetDatabase,
  setupDatabase,
  type PrepareOptions,
  type PrepareResult,
} from './prepare.ts';
export { baselineDatabase, type BaselineOptions } from './repair/baseline.ts';
export { acceptEdits, readEditedMigrations } from './repair/repair.ts';
export { asOwner } from './roles/as-owner.ts';
export { resolveMigration, type Resolution } from './repair/resolve.ts';
export { seedDatabase, type SeedOptions, type SeedOutcome } from './seed.ts';
export { localeClauses, type DatabaseRow } from './scratch-locale.ts';
export { SCRATCH_PREFIX, withScratchDatabase } from './scratch.ts';
export { detectPooling, refusePooler, type Pooling } from './pooler.ts';
export { withSession } from './session.ts';
export { withMaintenanceSession } from './maintenance.ts';
export type { ReferenceStatus } from './references/status.ts';
export { readStatus, type DatabaseStatus, type Problem } from './status.ts';
export { VERSION } from './version.ts';
export { openTarget, type OpenTargetOptions, type Target } from './target.ts';
