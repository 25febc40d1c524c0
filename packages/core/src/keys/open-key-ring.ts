import { SILENT, type AuthLogger } from '../logger.ts';
import { createKeyRing, type KeyRing } from '../tokens/key-ring.ts';
import { readKeyFile, versionOfKeyFile } from './key-file.ts';

export interface OpenKeyRingOptions {
  readonly path: string;
  /** Told when the file has changed, and when it cannot be read any more. Default: nobody is. */
  readonly logger?: AuthLogger;
}

/**
 * The keys of a key file, read again when it has changed: a rotation needs no restart. Where the file is damaged later
 * on, or gone, the keys that were read last go on. Rejects with `KEYS_INVALID` as `readKeyFile` does.
 */
export async function openKeyRing({ path, logger = SILENT }: OpenKeyRingOptions): Promise<KeyRing> {
  let version = await versionOfKeyFile(path);
  let ring = createKeyRing(await readKeyFile(path));
  let reading: Promise<void> | undefined;

  const readAgain = async (): Promise<void> => {
    const found = await versionOfKeyFile(path);
    if (found === version) return;
    // Before the reading: a file that changes during it has another version the next time.
    version = found;
    try {
      const keys = await readKeyFile(path);
      ring = createKeyRing(keys);
      logger.info({ path, keys: keys.map(({ id }) => id) }, 'the signing keys have changed');
    } catch (error) {
      logger.error({ err: error, path }, 'the signing keys cannot be read any more; those known go on');
    }
  };
  const current = async (): Promise<KeyRing> => {
    reading ??= readAgain().finally(() => {
      reading = undefined;
    });
    await reading;
    return ring;
  };

  return {
    signingKey: async (now) => (await current()).signingKey(now),
    publicKeys: async (now) => (await current()).publicKeys(now),
    verificationKey: async (id, now) => (await current()).verificationKey(id, now),
  };
}
