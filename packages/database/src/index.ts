export { EVERY_TABLE, type AccessDefinition, type TableAccess, type TableVerb } from './access-definition.ts';
export { assertRuntimeRole } from './runtime-role.ts';
export { toConnectionError, type ConnectionPlace } from './connection-error.ts';
export { copyRows, type CopyRows, type CopyTarget } from './copy.ts';
export type { CopyValue } from './copy-format.ts';
export { defineDatabase, type DatabaseDefinition, type Definition } from './definition.ts';
export { AtrizError, ERROR_CODES, type AtrizErrorDetails, type ErrorCode } from './errors.ts';
export { checkHealth, type Health, type PoolFigures } from './health.ts';
export type { Instance, InstanceSource } from './instances.ts';
export type {
  AuditDefinition,
  ExpiredRows,
  MaintenanceDefinition,
  PartitionMaker,
  RequestedDeletions,
} from './maintenance-definition.ts';
export { readMigrationStatus, type MigrationStatus } from './migration-status.ts';
export { readPoolSettings, type PoolSettings } from './pool-settings.ts';
export { createDatabasePool, type DatabasePool, type DatabasePoolOptions } from './pool.ts';
export type { DeleteRule, ReferenceDefinition } from './references-definition.ts';
export type { ReadyPool } from './ready-answer.ts';
export { assertReady, type Readiness } from './ready.ts';
export { seedId } from './seed-id.ts';
export {
  readSeedFiles,
  runSeeds,
  type RunSeedsOptions,
  type SeedContext,
  type SeedFile,
  type SeedFunction,
  type SeedResult,
} from './seeds.ts';
export type { ServedDatabase } from './served-database.ts';
export { sqlState } from './sql-state.ts';
export { withSavepoint, withTransaction, type TransactionOptions } from './transaction.ts';
export { withUser, type UserTransactionOptions } from './user.ts';
