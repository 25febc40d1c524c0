import type { S3Client } from '@aws-sdk/client-s3';

export interface UploadGuard {
  /** What the upload is to send its commands by. */
  readonly client: S3Client;
  /** The first failure of a command. */
  failure(): unknown;
  /** To be called after a failure: removes what it may have left. Gives back what may be there all the same. */
  cleanUp(): Promise<string | undefined>;
}

export interface UploadGuardOptions {
  readonly target: { readonly Bucket: string; readonly Key: string };
  /** How many bytes the object has had so far. */
  readonly taken: () => number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Stands between an upload and its client, for what the library leaves open: an abort, or one part's failure, ends the
 * other parts' requests; parts are given back although a first request for it failed; and an object that was completed,
 * while the answer was lost, is found complete.
 */
export async function createUploadGuard(
  client: S3Client,
  { target, taken, signal }: UploadGuardOptions,
): Promise<UploadGuard> {
  const s3 = await import('@aws-sdk/client-s3');
  const stopping = new AbortController();
  const ending = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;
  let failure: { readonly error: unknown } | undefined;
  let uploadId: string | undefined;
  let mayBeThere = false;

  const isComplete = async (): Promise<boolean> => {
    try {
      return (await client.send(new s3.HeadObjectCommand(target))).ContentLength === taken();
    } catch {
      return false; // the first error says why
    }
  };
  const send = async (command: Parameters<S3Client['send']>[0]): Promise<unknown> => {
    if (command instanceof s3.AbortMultipartUploadCommand) return {}; // done by cleanUp
    const last = command instanceof s3.CompleteMultipartUploadCommand;
    try {
      // The last request is not cut: whether the object is there would be unknown.
      const answer = await client.send(command, last ? {} : { abortSignal: ending });
      if (command instanceof s3.CreateMultipartUploadCommand) ({ UploadId: uploadId } = answer as { UploadId: string });
      return answer;
    } catch (error) {
      if (last && (error as Error).name === 'NoSuchUpload' && (await isComplete())) return {};
      mayBeThere ||= (last || command instanceof s3.PutObjectCommand) && !isRefusal(error);
      failure ??= { error };
      stopping.abort();
      throw error;
    }
  };
  return {
    client: { config: client.config, send } as unknown as S3Client,
    failure: () => failure?.error,
    async cleanUp() {
      const left: string[] = [];
      try {
        if (uploadId) await client.send(new s3.AbortMultipartUploadCommand({ ...target, UploadId: uploadId }));
      } catch (error) {
        if ((error as Error).name !== 'NoSuchUpload') left.push(`the parts of upload ${uploadId}`);
      }
      try {
        if (mayBeThere) await client.send(new s3.DeleteObjectCommand(target));
      } catch {
        left.push('the object'); // the first error wins
      }
      return left.length > 0 ? left.join(' and ') : undefined;
    },
  };
}

/** The service said that it did not do it. */
function isRefusal(error: unknown): boolean {
  const { httpStatusCode = 0 } =
    (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata ?? {};
  return httpStatusCode >= 300 && httpStatusCode < 500;
}
