import { identityOf, requireAuth } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { text, type Server } from '@atriz/http';
import { z } from 'zod';
import { readProfile, saveProfile } from '../profiles.ts';
import { SIGNED_IN } from './fields.ts';

const profile = z.object({
  handle: z.string().nullable().describe('null until one is chosen'),
  displayName: z.string().nullable(),
  bio: z.string(),
  websiteUrl: z.string().nullable(),
});

const newProfile = z.strictObject({
  handle: z
    .string()
    .max(39)
    .regex(/^[a-z0-9](-?[a-z0-9])+$/, 'two or more lower-case letters and digits, single hyphens between them'),
  displayName: text().max(100).trim().min(1),
  bio: text().max(2000).default(''),
  websiteUrl: text()
    .max(2000)
    .regex(/^https?:\/\//, 'an address that begins with http:// or https://')
    .pipe(z.url())
    .nullable()
    .default(null),
});

/** `/profile`: what the website shows of the signed-in user. */
export function profileRoutes(app: Server, { own }: { readonly own: DatabasePool }): void {
  const schema = { tags: ['profile'], security: SIGNED_IN, response: { 200: profile } };

  app.get(
    '/profile',
    { onRequest: requireAuth, schema: { ...schema, summary: 'Your profile, empty until you save one' } },
    (request) => readProfile(own, identityOf(request).userId),
  );

  app.put(
    '/profile',
    { onRequest: requireAuth, schema: { ...schema, summary: 'Make or replace your profile', body: newProfile } },
    (request) => saveProfile(own, identityOf(request).userId, request.body),
  );
}
