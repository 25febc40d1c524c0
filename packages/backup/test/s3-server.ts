import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { buildApp } from 'fauxqs';
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts';
import type { S3StoreSettings } from '../src/stores/settings.ts';

const HOST = '127.0.0.1';
const BUCKET = 'backups';

/** A service that speaks S3's protocol, behind a proxy that sees every request. */
export interface S3Server extends AsyncDisposable {
  readonly settings: S3StoreSettings;
  readonly proxy: FaultProxy;
  /** The uploads in parts that were begun, and neither completed nor given back. */
  openUploads(): readonly string[];
}

export async function startS3Server({ prefix }: { readonly prefix?: string } = {}): Promise<S3Server> {
  await using opened = new AsyncDisposableStack();
  const app = buildApp({ logger: false, host: HOST });
  opened.defer(() => app.close());
  await app.listen({ host: HOST, port: 0 });
  const proxy = opened.use(await startFaultProxy((app.server.address() as AddressInfo).port));
  const settings: S3StoreSettings = {
    kind: 's3',
    bucket: BUCKET,
    prefix,
    endpoint: proxy.url,
    accessKeyId: 'test-access-key',
    secretAccessKey: 'test-secret-access-key',
  };
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: proxy.url,
    forcePathStyle: true,
    credentials: { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-access-key' },
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  const all = opened.move();
  return { settings, proxy, openUploads: () => openUploads(proxy), [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** By what passed: a part was sent for it, and no last request came. */
function openUploads({ seen }: FaultProxy): readonly string[] {
  const ids = seen.map(({ method, url }) => [method, new URL(url, 'http://any').searchParams.get('uploadId')] as const);
  const ended = new Set(ids.filter(([method]) => method === 'POST' || method === 'DELETE').map(([, id]) => id));
  return [...new Set(ids.flatMap(([, id]) => (id && !ended.has(id) ? [id] : [])))];
}
