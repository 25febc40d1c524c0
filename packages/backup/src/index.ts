export type { BackupWorkspace } from './workspace.ts';
