import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { withSession } from '@atriz/lifecycle';
import { expect, test } from 'vitest';
import { DEBIAN_PROGRAMS, HAS_DEBIAN_SERVER, startDebianServer } from '../../../test/debian-server.ts';
import { openChildConnection } from './child-connection.ts';
import { startProgram, streamProgram } from './child-program.ts';

const HAS_OPENSSL = existsSync('/usr/bin/openssl');

/** A certificate that signs itself, for `localhost`, readable to whom a server runs as. */
async function createCertificate(): Promise<AsyncDisposable & { readonly cert: string; readonly key: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'atriz-certificate-'));
  await chmod(directory, 0o755);
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const parameters = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
  await promisify(execFile)('openssl', [...parameters, ...subject]);
  const { stdout } = await promisify(execFile)('id', ['-u', 'postgres']);
  if (process.getuid?.() === 0) await chown(key, Number(stdout), 0);
  await chmod(key, 0o600);
  return { cert, key, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

test.skipIf(!HAS_DEBIAN_SERVER || !HAS_OPENSSL)(
  'a program trusts the servers that the driver trusts, and no others',
  async () => {
    await using certificate = await createCertificate();
    const settings = { ssl: 'on', ssl_cert_file: certificate.cert, ssl_key_file: certificate.key };
    await using server = await startDebianServer({ settings });
    const ca = await readFile(certificate.cert, 'utf8');
    const attempts: readonly (readonly [string, boolean | object])[] = [
      ['localhost', { ca }],
      ['127.0.0.1', { ca }],
      ['127.0.0.1', { ca, checkServerIdentity: () => undefined }],
      ['127.0.0.1', { rejectUnauthorized: false }],
      ['localhost', true],
      ['localhost', false],
    ];
    const answers = [];
    for (const [host, ssl] of attempts) {
      const parameters = { ...server.parameters, host, ssl };
      const driver = await withSession(parameters, {}, (client) => client.query('SELECT 1')).then(
        () => 'in',
        () => 'refused',
      );
      await using connection = await openChildConnection(parameters);
      const dump = streamProgram(() =>
        startProgram(join(DEBIAN_PROGRAMS, 'pg_dump'), ['--schema-only'], { connection }),
      );
      const program = await buffer(dump).then(
        () => 'in',
        () => 'refused',
      );
      answers.push(`${connection.environment['PGSSLMODE']}: driver ${driver}, program ${program}`);
    }
    expect(answers).toEqual([
      'verify-full: driver in, program in',
      'verify-full: driver refused, program refused',
      'verify-ca: driver in, program in',
      'require: driver in, program in',
      'verify-full: driver refused, program refused',
      'disable: driver in, program in',
    ]);
  },
);
