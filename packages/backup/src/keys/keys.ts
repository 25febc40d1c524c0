import type { BackupSettings } from '../settings/settings.ts';
import type { BackupWorkspace } from '../workspace.ts';
import type { BackupKey } from './key.ts';
import { deriveFromPassphrase } from './passphrase.ts';
import { createSigner, createSigningKey, type Signer, type SigningKey, type SigningKeySource } from './signer.ts';
import { createSigningKeyFile, readSigningKeyFile } from './signing-key-file.ts';

/** What opens sets, and what says that they are genuine. */
export interface BackupKeys {
  readonly key: BackupKey | undefined;
  readonly signer: Signer;
}

type Settings = Pick<BackupSettings, 'key' | 'signingKey'>;
type Workspace = Pick<BackupWorkspace, 'family'>;

/**
 * Makes ready what sets are opened and checked with. With a passphrase it takes a third of a second, so: once a command.
 * Throws `PERMISSION_DENIED`, `BACKUP_UNTRUSTED`, both of the workspace's own signing key.
 */
export async function openKeys(settings: Settings, workspace: Workspace): Promise<BackupKeys> {
  return { key: settings.key, signer: await readSigner(settings, workspace) };
}

/**
 * The signer of a workspace. New sets are signed with a key made from the passphrase or the identity; else with
 * `BACKUP_SIGNING_KEY`; else with a random key in the workspace's state directory, which the first backup makes. Sets that
 * were signed with any of these are known.
 *
 * A recipient alone opens nothing and proves nothing: anybody has it. Who encrypts to a recipient on several machines, or
 * wants to verify sets where the workspace is not, sets `BACKUP_SIGNING_KEY` in all those places: a set that was signed
 * with a lost state directory's key can be restored only by accepting it unsigned.
 */
export async function readSigner(settings: Settings, { family: { name, root } }: Workspace): Promise<Signer> {
  const create = (secret: Uint8Array, source: SigningKeySource): SigningKey =>
    createSigningKey(secret, { source, family: name });
  const keys = (await secretsOf(settings.key, name)).map((secret) =>
    create(secret, settings.key!.kind === 'passphrase' ? 'passphrase' : 'identity'),
  );
  if (settings.signingKey !== undefined) keys.push(create(Buffer.from(settings.signingKey), 'variable'));
  const own = await readSigningKeyFile(root);
  if (own !== undefined) keys.push(create(own, 'file'));
  return createSigner(keys, {
    family: name,
    createKey: async () => create(await createSigningKeyFile(root), 'file'),
  });
}

async function secretsOf(key: BackupKey | undefined, family: string): Promise<Buffer[]> {
  if (key === undefined || key.kind === 'recipient') return [];
  if (key.kind === 'identity') return key.identities.map((each) => Buffer.from(each));
  // As slow to guess as the key that is wrapped in it; the same for all sets of a family, so that a list is quick.
  const salt = Buffer.from(`atriz backup signature of ${family}`);
  return [await deriveFromPassphrase(key.passphrase, { salt, workFactor: 16, times: 2 })];
}
