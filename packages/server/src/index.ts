export type { EmbeddedServer, Progress } from './embedded-server.ts';
export { type EphemeralServer, startEphemeralServer } from './ephemeral/server.ts';
export { findServer } from './find-server.ts';
export { startServer, type StartOptions } from './start-server.ts';
export { stopServer, type StopOptions } from './stop-server.ts';
