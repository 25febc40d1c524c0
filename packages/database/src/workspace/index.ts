/**
 * The workspace's side of a database: which definitions there are, in which order, and how each is reached.
 * Apart from `@atriz/database` itself, so that an application that only needs a pool does not load it.
 */
export {
  connectionStringFor,
  embeddedParameters,
  readProvider,
  rootAround,
  type ConnectionStringOptions,
} from './application-connection.ts';
export { checksumOf, normaliseText } from '../checksum.ts';
export {
  describeConnection,
  formatConnectionString,
  parseConnectionString,
  type ConnectionParameters,
} from './connection-string.ts';
export {
  describeSetting,
  resolveConnection,
  type Connection,
  type Provider,
  type ResolveOptions,
} from './connection.ts';
export { readEnvironment, type Environment, type Scope, type Setting, type Variables } from './environment.ts';
export { readFamilyName } from './family-name.ts';
export { readFamily, type Family, type FamilyDatabase } from './family.ts';
export { parseInstances, type InstanceEntry } from '../instances.ts';
export {
  formatColumn,
  isSameTable,
  parseColumn,
  parseTable,
  resolveReferences,
  type ColumnName,
  type Reference,
} from './references.ts';
export { readPackages, type WorkspacePackage } from './packages.ts';
export { rolePassword } from './role-password.ts';
export { findWorkspaceRoot } from './root.ts';
export {
  BACKUP_AGE_VARIABLE,
  defaultSafety,
  readSafety,
  SAFETY_SWITCHES,
  type Safety,
  type SafetySwitch,
} from './safety.ts';
export { readServerFile, serverFilePath, STATE_DIRECTORY, type ServerFile } from './server-file.ts';
