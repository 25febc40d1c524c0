import { AtrizError } from '@atriz/database';
import { z } from 'zod';
import { isPath } from '../stores/path.ts';
import { MANIFEST_FORMAT, manifestSchema, type Manifest } from './manifest.ts';
import { openSignedDocument, type OpenSignedOptions } from './signed-document.ts';

export interface ParseManifestOptions extends OpenSignedOptions {
  /** The name of the folder that it was found in. */
  readonly id: string;
}

export interface ParsedManifest {
  readonly manifest: Manifest;
  readonly sha256: string;
}

/**
 * Reads a manifest and finds it genuine, of this family and of the folder that it lies in, or throws: what
 * {@link openSignedDocument} throws, `BACKUP_VERSION` for a format of later versions, `BACKUP_FOREIGN` for another
 * family's set, `BACKUP_UNTRUSTED` for a set that was given another name, `BACKUP_CORRUPT` for what makes no sense.
 */
export function parseManifest(bytes: Uint8Array, { id, ...options }: ParseManifestOptions): ParsedManifest {
  const { name, signer } = options;
  const said = peek(bytes);
  if (said.family !== undefined && said.family !== signer.family) throw foreign(name, said.family, signer.family);
  if (said.format !== undefined && said.format > MANIFEST_FORMAT) throw later(name, said.format);
  const { document, sha256 } = openSignedDocument('manifest', bytes, options);
  const { data: manifest, error } = manifestSchema.safeParse(document);
  if (manifest === undefined) throw senseless(name, z.prettifyError(error));
  if (manifest.family !== signer.family) throw foreign(name, manifest.family, signer.family);
  if (manifest.id !== id) {
    throw new AtrizError('BACKUP_UNTRUSTED', `${name} is the manifest of ${manifest.id}`, {
      hint: 'give the folder the name of its set again',
    });
  }
  const contradiction = findContradiction(manifest);
  if (contradiction !== undefined) throw senseless(name, contradiction);
  return { manifest, sha256 };
}

/** What the manifest says before anybody knows whether it is genuine: enough to say why it is of no use here. */
function peek(bytes: Uint8Array): { readonly family?: string; readonly format?: number } {
  const schema = z.object({ manifest: z.object({ family: z.string(), format: z.number() }).partial() });
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes))).manifest as { family?: string; format?: number };
  } catch {
    return {}; // openSignedDocument says what is wrong
  }
}

function findContradiction({ files, databases, servers }: Manifest): string | undefined {
  const paths = new Set<string>();
  const names = new Set(databases.map(({ name }) => name));
  if (names.size < databases.length) return 'it names a database twice';
  const isServer = (index: number | null): boolean => index === null || index < servers.length;
  if (!databases.every(({ server }) => isServer(server))) return 'a database is of a server that it does not name';
  for (const { path, database, server } of files) {
    if (!isPath(path)) return `"${path}" is no path within the set`;
    if (paths.has(path)) return `it names "${path}" twice`;
    if (database !== null && !names.has(database)) return `"${path}" is of a database that it does not name`;
    if (!isServer(server)) return `"${path}" is of a server that it does not name`;
    paths.add(path);
  }
  return undefined;
}

function foreign(name: string, family: string, own: string): AtrizError {
  return new AtrizError('BACKUP_FOREIGN', `${name} is of the family "${family}", and this is "${own}"`, {
    hint: "name a set of this family, or correct the store's settings",
  });
}

function later(name: string, format: number): AtrizError {
  return new AtrizError(
    'BACKUP_VERSION',
    `${name} has format ${format}, and format ${MANIFEST_FORMAT} is the last known`,
    {
      hint: 'use the version of Atriz that made it, or a newer one',
    },
  );
}

function senseless(name: string, why: string): AtrizError {
  return new AtrizError('BACKUP_CORRUPT', `${name} makes no sense: ${why}`, {
    hint: "use another store's copy, or another set",
  });
}
