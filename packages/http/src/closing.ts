import { AtrizError } from '@atriz/database';
import type { Server } from './server.ts';

const LOOK_EVERY_MS = 50;

/**
 * What `close` does in order: requests that run are finished, those that come after it on a connection that is kept open
 * are refused with 503, and no connection outlives its answer.
 */
export function closeInOrder(app: Server): void {
  let closing = false;
  let looking: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    closing = true;
    looking = setInterval(() => app.server.closeIdleConnections(), LOOK_EVERY_MS);
  });
  app.addHook('onClose', async () => clearInterval(looking));
  app.addHook('onRequest', async () => {
    if (!closing) return;
    throw new AtrizError('SERVICE_UNAVAILABLE', 'the service is stopping', { retryAfterSeconds: 1 });
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}
