import { describe, expect, it } from 'vitest';
import { readWebsiteSettings } from './settings.ts';

const PRODUCTION = {
  AUTH_ISSUER: 'https://www.example.com/',
  AUTH_KEYS_FILE: '/etc/atriz/keys.json',
  SMTP_URL: 'smtps://mail.example.com',
};

describe('readWebsiteSettings', () => {
  it('has a default for everything outside production', () => {
    expect(readWebsiteSettings({}, { production: false, port: 4000 })).toStrictEqual({
      issuer: 'http://localhost:4000',
      keysFile: undefined,
      requireVerifiedEmail: false,
      mailUrl: undefined,
      mailFrom: 'Atriz <no-reply@localhost>',
      applications: { mextrack: 'http://localhost:3001', pshop: 'http://localhost:3002' },
    });
  });

  it('takes what is said', () => {
    const variables = {
      ...PRODUCTION,
      AUTH_REQUIRE_VERIFIED_EMAIL: 'true',
      MAIL_FROM: 'Example <no-reply@example.com>',
      PSHOP_URL: 'https://shop.example.com',
    };
    expect(readWebsiteSettings(variables, { production: true, port: 3000 })).toStrictEqual({
      issuer: 'https://www.example.com',
      keysFile: '/etc/atriz/keys.json',
      requireVerifiedEmail: true,
      mailUrl: 'smtps://mail.example.com',
      mailFrom: 'Example <no-reply@example.com>',
      applications: { pshop: 'https://shop.example.com' },
    });
  });

  it('guesses nothing in production', () => {
    expect(() => readWebsiteSettings({}, { production: true, port: 3000 })).toThrow(
      'production needs AUTH_ISSUER, AUTH_KEYS_FILE, SMTP_URL, not set',
    );
    const files = { ...PRODUCTION, SMTP_URL: 'file:///var/mail' };
    expect(readWebsiteSettings(files, { production: true, port: 3000 }).mailUrl).toBe('file:///var/mail');
  });

  it.each([
    [{ AUTH_ISSUER: 'www.example.com' }, 'AUTH_ISSUER'],
    [{ AUTH_REQUIRE_VERIFIED_EMAIL: 'yes' }, 'AUTH_REQUIRE_VERIFIED_EMAIL'],
    [{ SMTP_URL: 'mail.example.com' }, 'SMTP_URL'],
    [{ MAIL_FROM: 'a@example.com\r\nBcc: b@example.com' }, 'MAIL_FROM'],
    [{ MEXTRACK_URL: 'ftp://example.com' }, 'MEXTRACK_URL'],
  ])('refuses %j', (variables, name) => {
    expect(() => readWebsiteSettings(variables, { production: false, port: 3000 })).toThrow(name);
  });
});
