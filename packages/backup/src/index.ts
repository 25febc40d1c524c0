export type { BackupWorkspace } from './workspace.ts';

export { readBackupSettings, type BackupSettings } from './settings/settings.ts';

export { parseKey, type BackupKey } from './keys/key.ts';
export { openKeys, type BackupKeys } from './keys/keys.ts';

export { openStores, type OpenStoresOptions } from './stores/open.ts';
export type { StoreSettings } from './stores/settings.ts';
export type { Store, StoredObject, StoreOptions } from './stores/store.ts';

export { createSet, type CreatedSet, type CreateSetOptions } from './set/create.ts';
export { findSet, type FindSetOptions } from './set/find.ts';
export { isProven, listSets, type ListedSet, type SetCopy } from './set/list.ts';
export { openSet } from './set/open.ts';
export type { SetPlan } from './set/plan.ts';
export type { Proof } from './set/proof-record.ts';
export type { SetReader } from './set/reader.ts';

export type { Manifest } from './manifest/manifest.ts';

export { compareWithManifest, type Difference } from './proof/compare.ts';
export { verifySet, type VerifyOptions, type VerifyReport } from './proof/verify.ts';

export { restoreToDirectory, type RestoredDirectory } from './restore/directory.ts';
export { dropOldDatabases, readOldDatabases, swapBack, type OldDatabase, type SwappedBack } from './restore/old.ts';
export { checkReplaceable } from './restore/replaceable.ts';
export type { RestoredDatabase, RestoredTable, RestoreOptions, RestoreReport } from './restore/request.ts';
export { restoreSet } from './restore/restore.ts';

export { createPhysicalEngine, type PhysicalEngineOptions } from './engines/physical/engine.ts';
export { findPhysicalObstacle } from './engines/physical/requirements.ts';
export { endRecovery, restoreDirectory, type RestoreDirectoryOptions } from './engines/physical/restore-directory.ts';
export { restoreServer, type RestoreServerOptions } from './engines/physical/restore-server.ts';

export { planWorkspacePrune, runPrunes, type PrunePlan, type StorePruneReport } from './retention/prune.ts';

export { readScheduleStatus, type ScheduleStatus } from './schedule/schedule-status.ts';
export { runSchedule } from './schedule/schedule.ts';
export type { SchedulerEvent } from './schedule/scheduler.ts';
export type { SlotOutcome, SlotRecord } from './schedule/slot-ledger.ts';

export type { Concern } from './health/concerns.ts';
export { readBackupHealth, type BackupHealth, type DatabaseHealth, type StoreHealth } from './health/health.ts';

export { runDrill, type DrillReport } from './drill/drill.ts';
export type { Objective } from './drill/objectives.ts';

export { backUpBeforeMigration, type BeforeMigrationOptions, type MigrationBackup } from './migration/before.ts';
export { createBackupCatalogue } from './migration/catalogue.ts';
export { planUndo, type UndoPlan, type UndoRequest } from './migration/undo-plan.ts';
export { runUndo, type RunUndoOptions } from './migration/undo.ts';

export { readArchiveStatus, type ArchiveStatus } from './pgbackrest/archive-status.ts';
export { backUpServer, BACKUP_TYPES, checkArchive, expireBackups, type BackupType } from './pgbackrest/backup.ts';
export type { PhysicalBackup, StanzaInfo } from './pgbackrest/info.ts';
export { restoreDatabaseAsOf, type DatabaseAsOfReport } from './pgbackrest/recovery/database-as-of.ts';
export { parseAsOf, type RecoveryTarget } from './pgbackrest/recovery/recovery-target.ts';
export { restoreAsOf, type AsOfReport } from './pgbackrest/recovery/restore-as-of.ts';
export { planInit, runInit, type InitPlan, type InitResult } from './pgbackrest/setup/init.ts';
export { readStanza } from './pgbackrest/stanza.ts';
