import { readSettings, type SettingSource } from '@atriz/http';
import { z } from 'zod';

/** What PShop is told of the family's sign-on. */
export interface SignOnSettings {
  /** The website's URL: it issues the access tokens. */
  readonly website: string;
  /** Where it publishes the keys that they are checked with. */
  readonly jwksUrl: string;
}

const website = z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin);

/** Throws `SETTING_INVALID`; in production, also where `AUTH_ISSUER` is not set. */
export function readSignOnSettings(
  source: SettingSource,
  { production }: { readonly production: boolean },
): SignOnSettings {
  const variables = z.object({
    AUTH_ISSUER: production ? website : website.default('http://localhost:3000'),
    AUTH_JWKS_URL: z.url({ protocol: /^https?$/ }).optional(),
  });
  const { AUTH_ISSUER: issuer, AUTH_JWKS_URL: jwksUrl } = readSettings(source, variables);
  return { website: issuer, jwksUrl: jwksUrl ?? `${issuer}/.well-known/jwks.json` };
}
