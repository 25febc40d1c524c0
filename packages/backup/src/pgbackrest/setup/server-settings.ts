import { setTimeout as wait } from 'node:timers/promises';
import { AtrizError } from '@atriz/database';
import pg from 'pg';

/** A setting of the server as it is, and as its files have it. */
export interface ServerSetting {
  readonly name: string;
  readonly value: string;
  /** `pg_settings.source`. */
  readonly source: string;
  /** What the files say: what holds after the next restart. `undefined` where they do not say. */
  readonly inFiles: string | undefined;
}

export interface WantedSettings {
  readonly archiveCommand: string;
  /** The longest that `archive_timeout` may be. */
  readonly archiveTimeoutSeconds: number;
}

/** One setting that has to become another. */
export interface SettingChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Whether it takes effect at the server's next start only. */
  readonly restart: boolean;
}

export interface SettingsPlan {
  readonly changes: readonly SettingChange[];
  /** What is set already, and waits for a restart. */
  readonly waiting: readonly string[];
}

/** Where ALTER SYSTEM does not reach. */
const OUT_OF_REACH = new Set(['command line', 'environment variable', 'override']);
const NAMES = ['wal_level', 'archive_mode', 'archive_command', 'archive_timeout'] as const;

/**
 * What has to be set for the archive to hold every segment in time. A value that serves is left alone, such as a shorter
 * `archive_timeout`. Pure. Throws `BACKUP_NOT_CONFIGURED` for one that only the server's start can change.
 */
export function planSettings(
  settings: readonly ServerSetting[],
  { archiveCommand, archiveTimeoutSeconds }: WantedSettings,
): SettingsPlan {
  const wanted = [
    { name: 'wal_level', to: 'replica', restart: true, serves: (value: string) => /^(replica|logical)$/.test(value) },
    { name: 'archive_mode', to: 'on', restart: true, serves: (value: string) => /^(on|always)$/.test(value) },
    {
      name: 'archive_command',
      to: archiveCommand,
      restart: false,
      serves: (value: string) => value === archiveCommand,
    },
    {
      name: 'archive_timeout',
      to: String(archiveTimeoutSeconds),
      restart: false,
      serves: (value: string) => Number(value) > 0 && Number(value) <= archiveTimeoutSeconds,
    },
  ];
  const changes: SettingChange[] = [];
  const waiting: string[] = [];
  for (const { name, to, restart, serves } of wanted) {
    const found = settings.find((each) => each.name === name);
    const value = found?.value ?? '';
    if (serves(value)) continue;
    if (restart && found?.inFiles !== undefined && serves(found.inFiles)) waiting.push(name);
    else if (OUT_OF_REACH.has(found?.source ?? '')) throw outOfReach({ name, value, to });
    else changes.push({ name, from: value, to, restart });
  }
  return { changes, waiting };
}

function outOfReach({ name, value, to }: { readonly name: string; readonly value: string; readonly to: string }) {
  const message = `${name} is set to "${value}" where the server is started, and has to be "${to}"`;
  return new AtrizError('BACKUP_NOT_CONFIGURED', message, { hint: 'change it there, and restart the server' });
}

/** While `archive_mode` is off the server shows no `archive_command`, so the files are asked for it. */
const READ_SETTINGS = `
SELECT name, coalesce(nullif(setting, '(disabled)'), "inFiles", '') AS value, source, "inFiles"
  FROM pg_settings
  LEFT JOIN LATERAL (SELECT file.setting AS "inFiles" FROM pg_file_settings AS file
                      WHERE file.name = pg_settings.name ORDER BY seqno DESC LIMIT 1) AS files ON true
 WHERE name = ANY ($1)`;

/** Reads the settings that matter to an archive. Needs a superuser: who else may not see the server's files. */
export async function readServerSettings(client: pg.ClientBase): Promise<ServerSetting[]> {
  const { rows } = await client.query<Omit<ServerSetting, 'inFiles'> & { readonly inFiles: string | null }>(
    READ_SETTINGS,
    [NAMES],
  );
  return rows.map(({ name, value, source, inFiles }) => ({ name, value, source, inFiles: inFiles ?? undefined }));
}

const RELOAD_MS = 10_000;

/** Writes the changes with ALTER SYSTEM, and waits until those that need no restart hold. */
export async function applySettings(client: pg.ClientBase, changes: readonly SettingChange[]): Promise<void> {
  if (changes.length === 0) return;
  for (const { name, to } of changes) {
    await client.query(`ALTER SYSTEM SET ${pg.escapeIdentifier(name)} = ${pg.escapeLiteral(to)}`);
  }
  await client.query('SELECT pg_reload_conf()');
  const now = changes.filter(({ restart }) => !restart);
  for (const deadline = performance.now() + RELOAD_MS; performance.now() < deadline; await wait(50)) {
    const settings = await readServerSettings(client);
    if (now.every(({ name, to }) => settings.find((each) => each.name === name)?.value === to)) return;
  }
  throw new AtrizError('CLIENT_TOOL_FAILED', 'the server did not take its new settings over', {
    hint: 'see its log, and the view pg_file_settings, for what is wrong with its configuration files',
  });
}

/** The command that hands a segment to pgBackRest, as `archive_command` has it. Pure. */
export function archiveCommandOf(stanza: { readonly program: string; readonly config: string; readonly name: string }) {
  const words = [stanza.program, `--config=${stanza.config}`, `--stanza=${stanza.name}`, 'archive-push'];
  return `${words.map((word) => quote(word).replaceAll('%', '%%')).join(' ')} %p`;
}

function quote(word: string): string {
  return /^[\w./=:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
