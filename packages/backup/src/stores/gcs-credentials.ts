import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';

const keySchema = z.object({ type: z.literal('service_account'), client_email: z.string(), private_key: z.string() });

/**
 * What allows requests to an address: the headers of a service account, of what Google's library finds by itself
 * (`GOOGLE_APPLICATION_CREDENTIALS`, the machine's own account), or none where the address is not Google's. Tokens are
 * fetched when they are needed, and kept while they are good. Rejections never quote the key.
 */
export function createGcsHeaders(base: string, keyFile: string | undefined): () => Promise<Headers> {
  if (!/(?:^|\.)googleapis\.com$/.test(new URL(base).hostname)) return async () => new Headers();
  const load = async () => {
    const { GoogleAuth, JWT } = await import('google-auth-library');
    if (keyFile === undefined) return new GoogleAuth({ scopes: SCOPE });
    const { client_email: email, private_key: key } = await readKey(keyFile);
    return new JWT({ email, key, scopes: SCOPE });
  };
  let loaded: ReturnType<typeof load> | undefined;
  return async () => new Headers(await (await (loaded ??= load())).getRequestHeaders(base));
}

async function readKey(keyFile: string): Promise<z.infer<typeof keySchema>> {
  const text = await readFile(keyFile, 'utf8');
  const { data } = keySchema.safeParse(parse(text));
  if (data) return data;
  throw new Error(`${keyFile} is not the key of a service account; others are named in GOOGLE_APPLICATION_CREDENTIALS`);
}

/** Nothing for what is no JSON: the parser's own error quotes the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
