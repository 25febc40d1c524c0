import { AtrizError } from '@atriz/database';

/** Where pgBackRest keeps backups and the archive. */
export type Repository =
  | { readonly kind: 'folder'; readonly directory: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly path: string;
      readonly region: string;
      readonly endpoint: string;
      /** With its secret; neither: the machine's own role. */
      readonly accessKeyId: string | undefined;
      readonly secretAccessKey: string | undefined;
      readonly forcePathStyle: boolean;
    }
  | {
      readonly kind: 'gcs';
      readonly bucket: string;
      readonly path: string;
      /** None: the machine's own service account. */
      readonly keyFile: string | undefined;
    };

/** What `pgbackrest.conf` says. */
export interface Configuration {
  readonly stanza: string;
  readonly repository: Repository;
  /** The repository is encrypted with it (AES-256-CBC) where there is one. It can never be changed afterwards. */
  readonly cipherPass: string | undefined;
  /** Full backups are kept for so many days, or so many of them, with the archive that they need. */
  readonly retention: { readonly kind: 'days' | 'count'; readonly full: number };
  /** How the server is reached by pgBackRest itself; its host, where it is not a socket, by `PGHOST`. */
  readonly server: { readonly dataDirectory: string; readonly port: number; readonly user: string };
  /** How many processes compress and copy. */
  readonly jobs: number;
}

const NOTE = `# Written by: atriz backup pgbackrest init
# It is a secret where it holds a cipher pass or an access key: only the user that PostgreSQL runs as may read it.`;

/**
 * The text of `pgbackrest.conf`: one stanza, one repository. Pure; the same configuration is the same text.
 *
 * The cipher pass stands in the file because there it is seen by the file's owner only: an option of a command is in
 * everybody's process list, and a variable in the environment of each process that the server starts for its archive.
 * Throws `SETTING_INVALID` for a value that a line of the file cannot hold.
 */
export function formatConfiguration(configuration: Configuration): string {
  const { stanza, repository, cipherPass, retention, server, jobs } = configuration;
  const cipher: Options = cipherPass
    ? [
        ['repo1-cipher-type', 'aes-256-cbc'],
        ['repo1-cipher-pass', cipherPass],
      ]
    : [];
  const sections: readonly (readonly [string, Options])[] = [
    [
      'global',
      [
        ...repositoryOptions(repository),
        ...cipher,
        ['repo1-retention-full-type', retention.kind === 'days' ? 'time' : 'count'],
        ['repo1-retention-full', String(retention.full)],
        ['compress-type', 'zst'], // less time for each segment than gz, the default
        ['process-max', String(jobs)],
        ['start-fast', 'y'], // a backup begins now, not at the next checkpoint
        ['log-level-file', 'off'],
      ],
    ],
    [
      stanza,
      [
        ['pg1-path', server.dataDirectory],
        ['pg1-port', String(server.port)],
        ['pg1-user', server.user],
      ],
    ],
  ];
  const text = sections.map(([name, options]) => [`[${name}]`, ...options.map(formatLine)].join('\n'));
  return `${[NOTE, ...text].join('\n\n')}\n`;
}

type Options = readonly (readonly [option: string, value: string])[];

function repositoryOptions(repository: Repository): Options {
  switch (repository.kind) {
    case 'folder':
      return [['repo1-path', repository.directory]];
    case 's3':
      return [
        ['repo1-type', 's3'],
        ['repo1-path', repository.path],
        ['repo1-s3-bucket', repository.bucket],
        ['repo1-s3-region', repository.region],
        ['repo1-s3-endpoint', repository.endpoint],
        ['repo1-s3-uri-style', repository.forcePathStyle ? 'path' : 'host'],
        ...given('repo1-s3-key', repository.accessKeyId, ['repo1-s3-key-type', 'auto']),
        ...given('repo1-s3-key-secret', repository.secretAccessKey),
      ];
    case 'gcs':
      return [
        ['repo1-type', 'gcs'],
        ['repo1-path', repository.path],
        ['repo1-gcs-bucket', repository.bucket],
        ...given('repo1-gcs-key', repository.keyFile, ['repo1-gcs-key-type', 'auto']),
      ];
  }
}

function given(option: string, value: string | undefined, otherwise?: readonly [string, string]): Options {
  if (value !== undefined) return [[option, value]];
  return otherwise === undefined ? [] : [otherwise];
}

/** pgBackRest trims values and ends them at the line's end; nothing can be quoted or escaped. */
function formatLine([option, value]: readonly [string, string]): string {
  if (value === '' || value !== value.trim() || /[\r\n\0]/.test(value)) {
    throw new AtrizError('SETTING_INVALID', `pgbackrest.conf cannot hold the value for ${option}`, {
      hint: 'it is empty, begins or ends with white space, or has several lines',
    });
  }
  return `${option}=${value}`;
}

/** What an option of a section says in a text of `pgbackrest.conf`; `undefined` where it does not. Pure. */
export function readOption(text: string, section: string, option: string): string | undefined {
  let current = '';
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    const name = /^\[(.*)\]$/.exec(line)?.[1];
    if (name !== undefined) current = name;
    else if (current === section && line.startsWith(`${option}=`)) return line.slice(option.length + 1).trim();
  }
  return undefined;
}
