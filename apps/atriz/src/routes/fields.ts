import { z } from 'zod';

/** In a route's schema: it takes a bearer token. */
export const SIGNED_IN: { bearer: string[] }[] = [{ bearer: [] }];

export const email = z.email().max(254);

/** Which passwords are good is the sign-on's to say; here only: nothing that is work to look at. */
export const password = z.string().max(1000);

/** Of 256 bits, base64url. Whether it is one of ours is the sign-on's to say. */
export const opaqueToken = z.string().min(1).max(200);

/** What a client calls services with. */
export const accessToken = z.object({
  accessToken: z.string(),
  expiresIn: z.number().int().describe('seconds'),
});

export const userParams = z.object({ id: z.uuid() });
