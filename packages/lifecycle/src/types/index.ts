/** Kysely types of a migrated schema. Apart from `@atriz/lifecycle` itself, which does not load what writes them. */
export { checkTypes } from './check.ts';
export { generateTypes, renderTypes, type GenerateResult } from './generate.ts';
export { headerOf, hashMigrations, SCHEMA_FILE, type MigrationText } from './header.ts';
