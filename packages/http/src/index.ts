export { decodeCursor, encodeCursor, pageOf, pageQuery, toPage, type Page } from './pages.ts';
export { notFound, problemSchema, type Problem } from './problem.ts';
export { createServer, type Server, type ServerOptions } from './server.ts';
export { timestamp } from './timestamp.ts';
