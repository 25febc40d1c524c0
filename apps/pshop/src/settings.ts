import { readSettings, type ServiceSettings, type SettingSource } from '@atriz/http';
import { z } from 'zod';

/** What PShop is told by its surroundings, beside what every service is. */
export interface PshopSettings {
  /** The website's URL: who signs tokens, and where people sign in. */
  readonly issuer: string;
  /** Where the website publishes its public keys. */
  readonly keysUrl: string;
  /** The other applications' pages, which this one links to: URL by name. */
  readonly applications: Readonly<Record<string, string>>;
}

const origin = z
  .url({ protocol: /^https?$/, error: 'not the URL of a website' })
  .transform((url) => new URL(url).origin);

/**
 * PShop's settings from variables. In production `AUTH_ISSUER` has to be said; elsewhere the website is at its default
 * port. Pure. Throws `SETTING_INVALID`.
 */
export function readPshopSettings(
  source: SettingSource,
  { production }: Pick<ServiceSettings, 'production'>,
): PshopSettings {
  const found = readSettings(
    source,
    z.object({
      AUTH_ISSUER: production ? origin : origin.default('http://localhost:3000'),
      AUTH_JWKS_URL: z.url({ protocol: /^https?$/, error: 'not a URL' }).optional(),
      MEXTRACK_URL: production ? origin.optional() : origin.default('http://localhost:3001'),
    }),
  );
  return {
    issuer: found.AUTH_ISSUER,
    keysUrl: found.AUTH_JWKS_URL ?? `${found.AUTH_ISSUER}/.well-known/jwks.json`,
    applications: found.MEXTRACK_URL === undefined ? {} : { mextrack: found.MEXTRACK_URL },
  };
}
