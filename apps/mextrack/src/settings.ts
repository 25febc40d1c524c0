import { readSettings, type ServiceSettings, type SettingSource } from '@atriz/http';
import { z } from 'zod';

/** What MexTrack is told by its surroundings, beside what every service is. */
export interface MextrackSettings {
  /** The website's URL: who signs tokens, and where people sign in. */
  readonly issuer: string;
  /** Where the website publishes its public keys. */
  readonly keysUrl: string;
  /** The other applications' pages, which this one links to: URL by name. */
  readonly applications: Readonly<Record<string, string>>;
  /** Map tiles, with `{z}`, `{x}` and `{y}`. Undefined: the map is drawn without. */
  readonly mapTilesUrl: string | undefined;
}

const origin = z
  .url({ protocol: /^https?$/, error: 'not the URL of a website' })
  .transform((url) => new URL(url).origin);
const tiles = z
  .url({ protocol: /^https?$/, error: 'not a URL' })
  .regex(/\{z\}.*\{x\}.*\{y\}|\{z\}.*\{y\}.*\{x\}/, 'has no {z}, {x} and {y}')
  .refine((url) => !/[{}]/.test(new URL(url).host), 'has a placeholder in its host');

/**
 * MexTrack's settings from variables. In production `AUTH_ISSUER` has to be said; elsewhere the website is at its default
 * port. Pure. Throws `SETTING_INVALID`.
 */
export function readMextrackSettings(
  source: SettingSource,
  { production }: Pick<ServiceSettings, 'production'>,
): MextrackSettings {
  const found = readSettings(
    source,
    z.object({
      AUTH_ISSUER: production ? origin : origin.default('http://localhost:3000'),
      AUTH_JWKS_URL: z.url({ protocol: /^https?$/, error: 'not a URL' }).optional(),
      PSHOP_URL: production ? origin.optional() : origin.default('http://localhost:3002'),
      MAP_TILES_URL: tiles.optional(),
    }),
  );
  return {
    issuer: found.AUTH_ISSUER,
    keysUrl: found.AUTH_JWKS_URL ?? `${found.AUTH_ISSUER}/.well-known/jwks.json`,
    applications: found.PSHOP_URL === undefined ? {} : { pshop: found.PSHOP_URL },
    mapTilesUrl: found.MAP_TILES_URL,
  };
}
