/** Where sets are to be kept, as the settings say it. Read by `readBackupSettings`; `openStores` makes stores of it. */
export type StoreSettings = FolderStoreSettings | S3StoreSettings | GcsStoreSettings;

export interface FolderStoreSettings {
  readonly kind: 'folder';
  /** Absolute. It is made at the first write. */
  readonly directory: string;
}

export interface S3StoreSettings {
  readonly kind: 's3';
  readonly bucket: string;
  /** What the names of all objects begin with, without a `/` at its ends. Empty or undefined: nothing. */
  readonly prefix?: string | undefined;
  /** Default: what the SDK finds; with an endpoint `us-east-1`, which compatible servers take. */
  readonly region?: string | undefined;
  /** The address of a compatible server, such as `https://minio.example.com`. Default: AWS. */
  readonly endpoint?: string | undefined;
  /** With its secret. Default: the SDK's own chain: variables, profiles, the machine's role. */
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  /** The bucket in the path, not in the host's name. Default: with an endpoint, yes. */
  readonly forcePathStyle?: boolean | undefined;
  /** An object is sent in parts of so many bytes, 10,000 at most. Default 8 MiB, for objects up to 78 GiB. */
  readonly partBytes?: number | undefined;
}

export interface GcsStoreSettings {
  readonly kind: 'gcs';
  readonly bucket: string;
  /** As for S3. */
  readonly prefix?: string | undefined;
  /** The file of a service account's key. Default: what Google's library finds. */
  readonly keyFile?: string | undefined;
  /** The API's address. One that is not below googleapis.com is asked without credentials. Default: Google's own. */
  readonly endpoint?: string | undefined;
}
