export { createLogger, type LoggerOptions } from './logger.ts';
export { decodeCursor, encodeCursor, pageOf, pageQuery, toPage, type Page } from './pages.ts';
export { notFound, problemSchema, type Problem } from './problem.ts';
export { createServer, type Server, type ServerOptions } from './server.ts';
export { runService, type ServiceContext, type ServiceOptions } from './service.ts';
export { readServiceSettings, readSettings, type ServiceSettings, type SettingSource } from './settings.ts';
export { text } from './text.ts';
export { timestamp } from './timestamp.ts';
