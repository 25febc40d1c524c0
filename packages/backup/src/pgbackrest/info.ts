import { AtrizError } from '@atriz/database';
import { z } from 'zod';

const status = z.object({ code: z.int(), message: z.string() });

const answer = z.array(
  z.object({
    name: z.string(),
    cipher: z.string().optional(),
    status,
    repo: z.array(z.object({ status })).optional(),
    archive: z.array(
      z.object({ id: z.string(), min: z.string().nullable().optional(), max: z.string().nullable().optional() }),
    ),
    db: z.array(z.object({ id: z.int(), version: z.string() })),
    backup: z.array(
      z.object({
        label: z.string(),
        type: z.enum(['full', 'diff', 'incr']),
        error: z.boolean().nullable().optional(),
        timestamp: z.object({ start: z.int(), stop: z.int() }),
        archive: z.object({ start: z.string().nullable(), stop: z.string().nullable() }),
        database: z.object({ id: z.int() }),
        info: z.object({
          size: z.int(),
          repository: z.object({ size: z.int().optional(), delta: z.int() }),
        }),
      }),
    ),
  }),
);

/** One backup of a stanza. */
export interface PhysicalBackup {
  /** What pgBackRest calls it: `20261121-123408F`, `20261121-123408F_20261122-010000I`. */
  readonly label: string;
  readonly type: 'full' | 'diff' | 'incr';
  readonly startedAt: Date;
  /** To the second. Only what is later can be restored from it. */
  readonly finishedAt: Date;
  /** The size of the server's data directory at that time. */
  readonly bytes: number;
  /** What it added to the repository. */
  readonly storedBytes: number;
  /** The first segment of the archive that it needs. */
  readonly firstSegment: string | null;
  /** The archive that it belongs to, such as `15-1`: PostgreSQL's major version and the cluster's number in the stanza. */
  readonly archive: string;
  /** Whether pages of it failed their checksum. */
  readonly damaged: boolean;
}

/** What a repository holds of a stanza. */
export interface StanzaInfo {
  readonly stanza: string;
  /** Whether the stanza was made. */
  readonly exists: boolean;
  /** PostgreSQL's major version; `undefined` before the stanza was made. */
  readonly version: number | undefined;
  /** The oldest first. */
  readonly backups: readonly PhysicalBackup[];
  /** The first and the last segment of the newest cluster's archive. */
  readonly archive: { readonly first: string | undefined; readonly last: string | undefined };
}

const NO_STANZA = new Set([1, 3]); // no path of its own, or no data in it
const OTHER = 99;
/** Errors of pgBackRest's that reading with a wrong cipher pass ends in. */
const UNREADABLE = new Set(['FormatError', 'CryptoError', 'ChecksumError', 'JsonFormatError', 'FileInvalidError']);

/**
 * Reads what `pgbackrest info --output=json` printed about one stanza. Pure. Throws `BACKUP_KEY_WRONG` where an encrypted
 * repository cannot be read, `BACKUP_STORE_FAILED` where any other cannot, `CLIENT_TOOL_FAILED` for an answer that is none.
 */
export function parseInfo(text: string, stanza: string): StanzaInfo {
  const parsed = answer.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new AtrizError('CLIENT_TOOL_FAILED', 'pgbackrest info answered in a form that is not known', {
      hint: 'see what it says: pgbackrest info --output=json',
      cause: parsed.error,
    });
  }
  const found = parsed.data.find(({ name }) => name === stanza);
  if (found === undefined || NO_STANZA.has(found.status.code)) {
    return { stanza, exists: false, version: undefined, backups: [], archive: { first: undefined, last: undefined } };
  }
  if (found.status.code === OTHER) throw unreadable(found);
  const versions = new Map(found.db.map(({ id, version }) => [id, Number.parseInt(version, 10)]));
  const newest = found.archive.at(-1);
  return {
    stanza,
    exists: true,
    version: versions.get(Math.max(...versions.keys())),
    backups: found.backup.map((each) => ({
      label: each.label,
      type: each.type,
      startedAt: new Date(each.timestamp.start * 1000),
      finishedAt: new Date(each.timestamp.stop * 1000),
      bytes: each.info.size,
      storedBytes: each.info.repository.delta,
      firstSegment: each.archive.start,
      archive: `${versions.get(each.database.id)}-${each.database.id}`,
      damaged: each.error === true,
    })),
    archive: { first: newest?.min ?? undefined, last: newest?.max ?? undefined },
  };
}

/** What it could not decipher it repeats as it is, where JSON wants it escaped. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001F]/g;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll(CONTROL, ' '));
  } catch {
    return undefined;
  }
}

function unreadable({ name, cipher, repo = [] }: z.infer<typeof answer>[number]): AtrizError {
  const message = repo.find((each) => each.status.code === OTHER)?.status.message ?? '';
  const kind = /^\[(\w+)\]/.exec(message)?.[1] ?? '';
  const [first = ''] = message.split('\n');
  const printable = first.replaceAll(/[^\x20-\x7E]/g, '?');
  if (cipher !== undefined && cipher !== 'none' && UNREADABLE.has(kind)) {
    return new AtrizError('BACKUP_KEY_WRONG', `the cipher pass does not open pgBackRest’s repository of ${name}`, {
      hint: 'use the configuration, or the key, that the repository was made with',
    });
  }
  return new AtrizError('BACKUP_STORE_FAILED', `pgBackRest’s repository of ${name} cannot be read: ${printable}`, {
    hint: 'see whether it can be reached, and whether its settings in pgbackrest.conf are right',
  });
}
