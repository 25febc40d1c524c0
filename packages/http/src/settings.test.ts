import { readEnvironment } from '@atriz/database/workspace';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readServiceSettings, readSettings } from './settings.ts';

const read = (variables: Record<string, string>) => readServiceSettings(variables, { defaultPort: 3001 });

describe('the settings of a service', () => {
  it('let it listen on loopback, and the family’s pages call it, where nothing is said', () => {
    expect(read({})).toStrictEqual({
      production: false,
      host: '127.0.0.1',
      port: 3001,
      corsOrigins: ['http://localhost:3000', 'http://localhost:3001', 'http://localhost:3002'],
      trustProxy: false,
      logLevel: 'info',
    });
  });

  it('let no page call it in production, unless one is named', () => {
    expect(read({ NODE_ENV: 'production' })).toMatchObject({ production: true, host: '0.0.0.0', corsOrigins: [] });
    const variables = { NODE_ENV: 'production', CORS_ORIGINS: 'https://a.example, https://b.example/x', HOST: '::1' };
    expect(read(variables)).toMatchObject({ host: '::1', corsOrigins: ['https://a.example', 'https://b.example'] });
  });

  it.each([
    ['true', true],
    ['false', false],
    ['', false],
    ['10.0.0.0/8', '10.0.0.0/8'],
  ])('read TRUST_PROXY=%s as %s', (text, expected) => {
    expect(read({ TRUST_PROXY: text }).trustProxy).toBe(expected);
  });

  it('name every fault at once', () => {
    expect(() => read({ PORT: '65536', LOG_LEVEL: 'loud', CORS_ORIGINS: 'garden' })).toThrow(
      expect.objectContaining({
        code: 'SETTING_INVALID',
        message:
          'PORT of the process is "65536": not a port; CORS_ORIGINS of the process is "garden": not the URL of a website; ' +
          'LOG_LEVEL of the process is "loud": not one of: debug, info, warn, error, silent',
      }),
    );
  });
});

describe('readSettings', () => {
  it('keeps to itself what may be a secret', () => {
    const schema = z.object({ SMTP_URL: z.url({ error: 'not a URL' }), MAIL_FROM: z.email() });
    expect(() => readSettings({ SMTP_URL: 'secret' }, schema)).toThrow(
      expect.objectContaining({ message: 'SMTP_URL of the process: not a URL; MAIL_FROM is not set' }),
    );
  });

  it('takes the process first, then the application’s .env, then the workspace’s, but for what is one service’s own', async () => {
    const root = await mkdtemp(join(tmpdir(), 'atriz-settings-'));
    try {
      await mkdir(join(root, 'app'));
      await writeFile(join(root, '.env'), 'PORT=4000\nAUTH_ISSUER=http://root.example\nMAIL_FROM=root@example.com\n');
      await writeFile(join(root, 'app/.env'), 'MAIL_FROM=app@example.com\nMAP_TILES_URL=http://app.example\n');
      const environment = await readEnvironment(root, join(root, 'app'), { MAP_TILES_URL: 'http://process.example' });
      const names = ['PORT', 'AUTH_ISSUER', 'MAIL_FROM', 'MAP_TILES_URL'];
      const schema = z.object(Object.fromEntries(names.map((name) => [name, z.string().optional()])));
      expect(readSettings(environment, schema)).toStrictEqual({
        AUTH_ISSUER: 'http://root.example',
        MAIL_FROM: 'app@example.com',
        MAP_TILES_URL: 'http://process.example',
      });
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
