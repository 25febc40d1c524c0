import { AtrizError } from '@atriz/database';
import { readSettings, type ServiceSettings, type SettingSource } from '@atriz/http';
import { z } from 'zod';

/** What the website is told by its surroundings, beside what every service is. */
export interface WebsiteSettings {
  /** The website's own URL, without a slash at its end: who signs tokens, and where links of mails lead. */
  readonly issuer: string;
  /** The file of the keys that sign; undefined outside production means the workspace's own, made at first start. */
  readonly keysFile: string | undefined;
  readonly requireVerifiedEmail: boolean;
  /** `smtp:` or `smtps:` to mail by; `file:` for a directory; undefined outside production means the workspace's own. */
  readonly mailUrl: string | undefined;
  readonly mailFrom: string;
  /** The other applications' pages, which the website links to: URL by name. */
  readonly applications: Readonly<Record<string, string>>;
}

const origin = z
  .url({ protocol: /^https?$/, error: 'not the URL of a website' })
  .transform((url) => new URL(url).origin);
const variables = z.object({
  AUTH_ISSUER: origin.optional(),
  AUTH_KEYS_FILE: z.string().optional(),
  AUTH_REQUIRE_VERIFIED_EMAIL: z.enum(['true', 'false'], 'neither true nor false').optional(),
  SMTP_URL: z
    .string()
    .regex(/^(?:smtps?|file):/, 'not a URL that begins with smtp:, smtps: or file:')
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]+@[^\r\n]+$/, 'not an address')
    .default('Atriz <no-reply@localhost>'),
  MEXTRACK_URL: origin.optional(),
  PSHOP_URL: origin.optional(),
});

/**
 * The website's settings from variables. Outside production there is a default for each; in production where it is,
 * its keys and its mail have to be said. Throws `SETTING_INVALID`.
 */
export function readWebsiteSettings(
  source: SettingSource,
  { production, port }: Pick<ServiceSettings, 'production' | 'port'>,
): WebsiteSettings {
  const found = readSettings(source, variables);
  if (production) {
    const missing = (['AUTH_ISSUER', 'AUTH_KEYS_FILE', 'SMTP_URL'] as const).filter(
      (name) => found[name] === undefined,
    );
    if (missing.length > 0) throw notSet(missing);
  }
  const mextrack = found.MEXTRACK_URL ?? (production ? undefined : 'http://localhost:3001');
  const pshop = found.PSHOP_URL ?? (production ? undefined : 'http://localhost:3002');
  return {
    issuer: found.AUTH_ISSUER ?? `http://localhost:${port}`,
    keysFile: found.AUTH_KEYS_FILE,
    requireVerifiedEmail: found.AUTH_REQUIRE_VERIFIED_EMAIL === 'true',
    mailUrl: found.SMTP_URL,
    mailFrom: found.MAIL_FROM,
    applications: { ...(mextrack && { mextrack }), ...(pshop && { pshop }) },
  };
}

function notSet(missing: readonly string[]): AtrizError {
  return new AtrizError('SETTING_INVALID', `production needs ${missing.join(', ')}, not set`, {
    hint: 'set it; without a mail server, SMTP_URL=file:/a/directory keeps mails as files',
  });
}
