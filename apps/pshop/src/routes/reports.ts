import { identityOf, requireAuth } from '@atriz/core/fastify';
import type { DatabasePool } from '@atriz/database';
import { timestamp, type Server } from '@atriz/http';
import { z } from 'zod';
import { readDayReport } from '../day-report.ts';
import { bearer } from './schemas.ts';

const takings = z.object({
  count: z.int(),
  pieces: z.int(),
  totalCents: z.int(),
  byPaymentMethod: z.object({ cash: z.int(), card: z.int(), transfer: z.int() }),
});

const report = z.object({
  date: z.iso.date(),
  timeZone: z.string(),
  from: timestamp,
  until: timestamp.meta({ description: 'The first moment of the next day.' }),
  sales: takings,
  refunds: takings,
  netCents: z.int().meta({ description: 'Sales less refunds.' }),
});

/** A name and no offset: PostgreSQL reads the sign of an offset the other way round. */
const timeZone = z
  .string()
  .max(64)
  .refine((name) => /^[A-Za-z]/.test(name) && isTimeZone(name), 'no time zone')
  .meta({ description: 'A name of the IANA time zone database.', examples: ['Europe/Berlin'] });

/** As far as a date of PostgreSQL can be told from a wrong one by its text. */
const date = z.iso.date().refine((day) => day >= '1900-01-01' && day <= '9999-12-30', 'out of range');

/** What was taken and given back: one's own, or everybody's for managers and admins. */
export function addReportRoutes(app: Server, db: DatabasePool): void {
  app.get(
    '/reports/days/:date',
    {
      onRequest: requireAuth,
      schema: {
        ...bearer,
        tags: ['reports'],
        summary: 'The takings of a day',
        description:
          'Of one’s own sales; of all sales for managers and admins. A refund counts on the day that it was given.',
        params: z.object({ date: date.meta({ examples: ['2026-03-29'] }) }),
        querystring: z.object({ timeZone: timeZone.default('UTC') }),
        response: { 200: report },
      },
    },
    async (request) => {
      const day = { ...request.params, ...request.query };
      return { ...day, ...(await readDayReport({ db, seller: identityOf(request) }, day)) };
    },
  );
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
