export { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './test-database.ts';
export { findTestServer } from './test-server.ts';
