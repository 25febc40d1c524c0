export type { EmbeddedServer, Progress } from './embedded-server.ts';
export { type EphemeralServer, startEphemeralServer } from './ephemeral/server.ts';
export { type Guard, startGuard } from './ephemeral/guard.ts';
export { findServer } from './find-server.ts';
export { startServer, type StartOptions } from './start-server.ts';
export { stopServer, type StopOptions } from './stop-server.ts';
export {
  dropReplaced,
  replaceData,
  type RecoveredServer,
  type Replaced,
  type ReplaceOptions,
} from './restored/replace-data.ts';
export type { DataPlace, Fill, Settings } from './restored/recovery.ts';
export { startRestored, type RestoredOptions } from './restored/start-restored.ts';
