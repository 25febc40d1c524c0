export type { Finding } from './finding.ts';
export { validateMigrations, type ValidateOptions, type Validation } from './validate.ts';
export { quotePlace } from '../migrations/place.ts';
