import { identityOf, requireAuth } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import type { Server } from '@atriz/http';
import { z } from 'zod';
import { readPreferences, savePreferences, THEMES } from '../preferences.ts';
import { SIGNED_IN } from './fields.ts';

const preferences = z.strictObject({
  theme: z.enum(THEMES),
  locale: z.string().regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, 'a language, with a country where it matters: en, pt-BR'),
  timeZone: z
    .string()
    .regex(/^[A-Za-z0-9_+/-]{1,64}$/, 'no name of a time zone')
    .refine(isTimeZone, 'no name of a time zone'),
  emailNotifications: z.boolean(),
});

/** `/preferences`: how the signed-in user wants the website. */
export function preferencesRoutes(app: Server, { own }: { readonly own: DatabasePool }): void {
  const schema = { tags: ['preferences'], security: SIGNED_IN, response: { 200: preferences } };

  app.get(
    '/preferences',
    { onRequest: requireAuth, schema: { ...schema, summary: 'Your preferences, the defaults until you save some' } },
    (request) => readPreferences(own, identityOf(request).userId),
  );

  app.put(
    '/preferences',
    { onRequest: requireAuth, schema: { ...schema, summary: 'Replace your preferences', body: preferences } },
    (request) => savePreferences(own, identityOf(request).userId, request.body),
  );
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
