/** The sign-on as Fastify hooks. Apart from `@atriz/core` itself: fastify is an optional peer. */
export { authentication, identityOf, requireAuth, requireRole } from './authentication.ts';
export { signOnFiles, type SignOnFilesOptions } from './sign-on-files.ts';
