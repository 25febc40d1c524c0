import { AtrizError } from '@atriz/database';

/** What went wrong in a store that is reached over the network, in the words of its service. */
export interface RemoteFailure {
  readonly operation: string;
  /** The object as people write it: `s3://bucket/path`. */
  readonly object: string;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The service's own name of the error, or the system's: `SlowDown`, `ECONNRESET`. */
  readonly name: string | undefined;
  readonly message: string;
  /** The prefix of the settings' variables: `BACKUP_S3`. */
  readonly variables: string;
  /** What was left in the store and could not be removed. */
  readonly left?: string | undefined;
}

const FULL = new Set(['QuotaExceeded', 'XMinioStorageFull', 'XMinioStorageQuotaExceeded', 'StorageFull']);

/**
 * The error of a store that is reached over the network. The service's own error is not its cause: it holds the request,
 * and with it what the request was allowed by.
 */
export function toRemoteError(failure: RemoteFailure): AtrizError {
  const { operation, object, status, name, message, left } = failure;
  if (operation === 'read' && status === 404 && name !== 'NoSuchBucket')
    return new AtrizError('BACKUP_FILE_MISSING', `${object} is not there`, { hint: 'use another copy of the set' });
  const said = [status, name, message].filter((part) => part !== undefined && part !== '').join(' ');
  const remains = left ? `; ${left} may be left` : '';
  if (status === 507 || FULL.has(name ?? ''))
    return new AtrizError('DISK_FULL', `no space is left to write ${object}: ${said}${remains}`, {
      hint: 'raise the quota, or remove old sets: atriz backup prune',
    });
  return new AtrizError('BACKUP_STORE_FAILED', `could not ${operation} ${object}: ${said}${remains}`, {
    hint: hintFor(failure),
  });
}

function hintFor({ status, name, message, variables }: RemoteFailure): string {
  if (name === 'NoSuchBucket' || status === 404) return `make the bucket, or correct ${variables}_BUCKET`;
  if (status === 401 || status === 403 || /credential/i.test(`${name} ${message}`))
    return `see whether the credentials are right and may read, write, list and remove: ${variables}_*`;
  if (status === 301 || /region/i.test(message)) return `correct ${variables}_REGION`;
  if (status === undefined) return `see whether the store can be reached: ${variables}_ENDPOINT, the network`;
  return 'it was tried several times; try again when the store answers';
}
