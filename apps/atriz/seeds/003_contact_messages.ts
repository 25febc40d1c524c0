import { seedId, type SeedFunction } from '@atriz/database';
import { createKysely } from '@atriz/database/kysely';
import type { Insertable } from 'kysely';
import type { DB, ContactMessages } from '../src/schema.ts';

const MESSAGES = [
  {
    subject: 'Do you serve Portugal?',
    body: 'We run forty vans out of Porto.',
    name: 'Rui Ramos',
    email: 'rui@example.com',
    writer: null,
    handledBy: 'manager@atriz.dev',
  },
  {
    subject: 'Invoice address',
    body: 'Please change ours to the new office.',
    name: 'Olivia Ortega',
    email: 'olivia@atriz.dev',
    writer: 'olivia@atriz.dev',
    handledBy: null,
  },
  {
    subject: 'A till for two shops',
    body: 'Can both shops share one stock?',
    name: 'Wei Wang',
    email: 'wei@example.com',
    writer: null,
    handledBy: null,
  },
];

/** Messages to develop the inbox with: one dealt with, two waiting; one from a user who was signed in. */
const seed: SeedFunction = async (client, { environment, log }) => {
  if (environment === 'production') {
    log('no contact messages: they are invented, and this is production');
    return;
  }
  const messages = MESSAGES.map(({ subject, body, name, email, writer, handledBy }): Insertable<ContactMessages> => ({
    id: seedId(`contact-message:${subject}`),
    user_id: writer && seedId(`user:${writer}`),
    name,
    email,
    subject,
    body,
    created_at: '2026-01-12T08:30:00Z',
    handled_at: handledBy && '2026-01-13T10:00:00Z',
    handled_by: handledBy && seedId(`user:${handledBy}`),
  }));
  const db = createKysely<DB>(client);
  await db
    .insertInto('contact_messages')
    .values(messages)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  log(`${MESSAGES.length} contact messages`);
};

export default seed;
