import type { Fields, ParsedStatement } from './parser.ts';

/**
 * What PostgreSQL calls a statement when it has run it, its command tag: `CREATE INDEX`, `ALTER TABLE`, `DO`.
 * A statement that is not known here is called by the parser's name for it.
 */
export function kindOf({ node, fields }: Pick<ParsedStatement, 'node' | 'fields'>): string {
  const special = BY_FIELDS[node]?.(fields);
  return special ?? BY_NODE[node] ?? node;
}

/** Those whose name does not depend on what is in them. */
const BY_NODE: Readonly<Record<string, string>> = {
  AlterCollationStmt: 'ALTER COLLATION',
  AlterDatabaseRefreshCollStmt: 'ALTER DATABASE',
  AlterDatabaseSetStmt: 'ALTER DATABASE',
  AlterDatabaseStmt: 'ALTER DATABASE',
  AlterDefaultPrivilegesStmt: 'ALTER DEFAULT PRIVILEGES',
  AlterDomainStmt: 'ALTER DOMAIN',
  AlterEnumStmt: 'ALTER TYPE',
  AlterEventTrigStmt: 'ALTER EVENT TRIGGER',
  AlterExtensionContentsStmt: 'ALTER EXTENSION',
  AlterExtensionStmt: 'ALTER EXTENSION',
  AlterFdwStmt: 'ALTER FOREIGN DATA WRAPPER',
  AlterForeignServerStmt: 'ALTER SERVER',
  AlterOpFamilyStmt: 'ALTER OPERATOR FAMILY',
  AlterOperatorStmt: 'ALTER OPERATOR',
  AlterPolicyStmt: 'ALTER POLICY',
  AlterPublicationStmt: 'ALTER PUBLICATION',
  AlterRoleSetStmt: 'ALTER ROLE',
  AlterRoleStmt: 'ALTER ROLE',
  AlterSeqStmt: 'ALTER SEQUENCE',
  AlterStatsStmt: 'ALTER STATISTICS',
  AlterSubscriptionStmt: 'ALTER SUBSCRIPTION',
  AlterSystemStmt: 'ALTER SYSTEM',
  AlterTSConfigurationStmt: 'ALTER TEXT SEARCH CONFIGURATION',
  AlterTSDictionaryStmt: 'ALTER TEXT SEARCH DICTIONARY',
  AlterTableSpaceOptionsStmt: 'ALTER TABLESPACE',
  AlterTypeStmt: 'ALTER TYPE',
  AlterUserMappingStmt: 'ALTER USER MAPPING',
  CallStmt: 'CALL',
  CheckPointStmt: 'CHECKPOINT',
  ClosePortalStmt: 'CLOSE CURSOR',
  ClusterStmt: 'CLUSTER',
  CommentStmt: 'COMMENT',
  CompositeTypeStmt: 'CREATE TYPE',
  ConstraintsSetStmt: 'SET CONSTRAINTS',
  CopyStmt: 'COPY',
  CreateAmStmt: 'CREATE ACCESS METHOD',
  CreateCastStmt: 'CREATE CAST',
  CreateConversionStmt: 'CREATE CONVERSION',
  CreateDomainStmt: 'CREATE DOMAIN',
  CreateEnumStmt: 'CREATE TYPE',
  CreateEventTrigStmt: 'CREATE EVENT TRIGGER',
  CreateExtensionStmt: 'CREATE EXTENSION',
  CreateFdwStmt: 'CREATE FOREIGN DATA WRAPPER',
  CreateForeignServerStmt: 'CREATE SERVER',
  CreateForeignTableStmt: 'CREATE FOREIGN TABLE',
  CreateOpClassStmt: 'CREATE OPERATOR CLASS',
  CreateOpFamilyStmt: 'CREATE OPERATOR FAMILY',
  CreatePLangStmt: 'CREATE LANGUAGE',
  CreatePolicyStmt: 'CREATE POLICY',
  CreatePublicationStmt: 'CREATE PUBLICATION',
  CreateRangeStmt: 'CREATE TYPE',
  CreateRoleStmt: 'CREATE ROLE',
  CreateSchemaStmt: 'CREATE SCHEMA',
  CreateSeqStmt: 'CREATE SEQUENCE',
  CreateStatsStmt: 'CREATE STATISTICS',
  CreateStmt: 'CREATE TABLE',
  CreateSubscriptionStmt: 'CREATE SUBSCRIPTION',
  CreateTableSpaceStmt: 'CREATE TABLESPACE',
  CreateTransformStmt: 'CREATE TRANSFORM',
  CreateTrigStmt: 'CREATE TRIGGER',
  CreateUserMappingStmt: 'CREATE USER MAPPING',
  CreatedbStmt: 'CREATE DATABASE',
  DeallocateStmt: 'DEALLOCATE',
  DeclareCursorStmt: 'DECLARE CURSOR',
  DeleteStmt: 'DELETE',
  DiscardStmt: 'DISCARD',
  DoStmt: 'DO',
  DropOwnedStmt: 'DROP OWNED',
  DropRoleStmt: 'DROP ROLE',
  DropSubscriptionStmt: 'DROP SUBSCRIPTION',
  DropTableSpaceStmt: 'DROP TABLESPACE',
  DropUserMappingStmt: 'DROP USER MAPPING',
  DropdbStmt: 'DROP DATABASE',
  ExecuteStmt: 'EXECUTE',
  ExplainStmt: 'EXPLAIN',
  FetchStmt: 'FETCH',
  ImportForeignSchemaStmt: 'IMPORT FOREIGN SCHEMA',
  IndexStmt: 'CREATE INDEX',
  InsertStmt: 'INSERT',
  ListenStmt: 'LISTEN',
  LoadStmt: 'LOAD',
  LockStmt: 'LOCK TABLE',
  MergeStmt: 'MERGE',
  NotifyStmt: 'NOTIFY',
  PrepareStmt: 'PREPARE',
  ReassignOwnedStmt: 'REASSIGN OWNED',
  RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  ReindexStmt: 'REINDEX',
  RuleStmt: 'CREATE RULE',
  SecLabelStmt: 'SECURITY LABEL',
  TruncateStmt: 'TRUNCATE TABLE',
  UnlistenStmt: 'UNLISTEN',
  UpdateStmt: 'UPDATE',
  VariableShowStmt: 'SHOW',
  ViewStmt: 'CREATE VIEW',
};

const BY_FIELDS: Readonly<Record<string, (fields: Fields) => string | undefined>> = {
  AlterFunctionStmt: ({ objtype }) => `ALTER ${objectName(objtype)}`,
  AlterObjectDependsStmt: ({ objectType }) => `ALTER ${objectName(objectType)}`,
  AlterObjectSchemaStmt: ({ objectType }) => `ALTER ${objectName(objectType)}`,
  AlterOwnerStmt: ({ objectType }) => `ALTER ${objectName(objectType)}`,
  AlterTableMoveAllStmt: ({ objtype }) => `ALTER ${objectName(objtype)}`,
  AlterTableStmt: ({ objtype }) => `ALTER ${objectName(objtype)}`,
  CreateFunctionStmt: ({ is_procedure: isProcedure }) => `CREATE ${isProcedure ? 'PROCEDURE' : 'FUNCTION'}`,
  CreateTableAsStmt: ({ objtype, is_select_into: isSelectInto }) => {
    if (objtype === 'OBJECT_MATVIEW') return 'CREATE MATERIALIZED VIEW';
    return isSelectInto ? 'SELECT INTO' : 'CREATE TABLE AS';
  },
  DefineStmt: ({ kind }) => `CREATE ${objectName(kind)}`,
  DropStmt: ({ removeType }) => `DROP ${objectName(removeType)}`,
  GrantRoleStmt: ({ is_grant: isGrant }) => (isGrant ? 'GRANT ROLE' : 'REVOKE ROLE'),
  GrantStmt: ({ is_grant: isGrant }) => (isGrant ? 'GRANT' : 'REVOKE'),
  RenameStmt: ({ renameType, relationType }) =>
    `ALTER ${objectName(renameType === 'OBJECT_COLUMN' ? relationType : renameType)}`,
  SelectStmt: ({ intoClause }) => (intoClause ? 'SELECT INTO' : 'SELECT'),
  TransactionStmt: ({ kind }) => TRANSACTION[String(kind)],
  VacuumStmt: ({ is_vacuumcmd: isVacuum }) => (isVacuum ? 'VACUUM' : 'ANALYZE'),
  VariableSetStmt: ({ kind }) => (kind === 'VAR_RESET' || kind === 'VAR_RESET_ALL' ? 'RESET' : 'SET'),
};

const TRANSACTION: Readonly<Record<string, string>> = {
  TRANS_STMT_BEGIN: 'BEGIN',
  TRANS_STMT_START: 'START TRANSACTION',
  TRANS_STMT_COMMIT: 'COMMIT',
  TRANS_STMT_ROLLBACK: 'ROLLBACK',
  TRANS_STMT_SAVEPOINT: 'SAVEPOINT',
  TRANS_STMT_RELEASE: 'RELEASE',
  TRANS_STMT_ROLLBACK_TO: 'ROLLBACK',
  TRANS_STMT_PREPARE: 'PREPARE TRANSACTION',
  TRANS_STMT_COMMIT_PREPARED: 'COMMIT PREPARED',
  TRANS_STMT_ROLLBACK_PREPARED: 'ROLLBACK PREPARED',
};

/** Where PostgreSQL's word is another than the parser's. */
const OBJECTS: Readonly<Record<string, string>> = {
  OBJECT_ATTRIBUTE: 'TYPE',
  OBJECT_DOMCONSTRAINT: 'DOMAIN',
  OBJECT_FDW: 'FOREIGN DATA WRAPPER',
  OBJECT_FOREIGN_SERVER: 'SERVER',
  OBJECT_LARGEOBJECT: 'LARGE OBJECT',
  OBJECT_MATVIEW: 'MATERIALIZED VIEW',
  OBJECT_OPCLASS: 'OPERATOR CLASS',
  OBJECT_OPFAMILY: 'OPERATOR FAMILY',
  OBJECT_STATISTIC_EXT: 'STATISTICS',
  OBJECT_TABCONSTRAINT: 'TABLE',
  OBJECT_TSCONFIGURATION: 'TEXT SEARCH CONFIGURATION',
  OBJECT_TSDICTIONARY: 'TEXT SEARCH DICTIONARY',
  OBJECT_TSPARSER: 'TEXT SEARCH PARSER',
  OBJECT_TSTEMPLATE: 'TEXT SEARCH TEMPLATE',
};

function objectName(type: unknown): string {
  const name = String(type);
  return OBJECTS[name] ?? name.replace(/^OBJECT_/, '').replaceAll('_', ' ');
}
