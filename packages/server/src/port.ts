import { createServer } from 'node:net';
import { AtrizError } from '@atriz/database';
import { HOST } from './embedded-server.ts';

/** Whether nobody listens on `port` of loopback at this moment; somebody may at the next. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}

interface PortWish {
  /** The port the caller insists on. */
  readonly named?: number | undefined;
  /** The one of the last run, kept while it is free, so that connection strings stay good. */
  readonly previous?: number | undefined;
}

/**
 * Chooses where to listen: the named port or none, else the previous one, else one that the system has free.
 *
 * @throws AtrizError `PORT_TAKEN` for a named port in use, `ARGUMENT_INVALID` for one that is no port.
 */
export async function choosePort({ named, previous }: PortWish): Promise<number> {
  if (named === undefined) {
    return previous !== undefined && (await isPortFree(previous)) ? previous : listenOnce(0);
  }
  if (!Number.isInteger(named) || named < 1 || named > 65_535) {
    throw new AtrizError('ARGUMENT_INVALID', `${named} is not a port`, { hint: 'name one between 1 and 65535' });
  }
  if (!(await isPortFree(named))) throw portTaken(named);
  return named;
}

export function portTaken(port: number): AtrizError {
  return new AtrizError('PORT_TAKEN', `port ${port} of ${HOST} is taken by another program`, {
    hint: 'name another port, or none to get one that is free',
  });
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: HOST, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}
