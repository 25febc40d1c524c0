export { checkUndo, type UndoFault, type UndoReport } from './check-undo.ts';
export { checkDrift, createDriftCheck, type DriftReport } from './check.ts';
export type { Finding } from './finding.ts';
export { compareSchemas, rebuildSchema } from './rebuild.ts';
export { prepareSquash, squashMigrations, type PreparedSquash, type SquashResult } from '../squash/squash.ts';
