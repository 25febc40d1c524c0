import { seedId, type SeedFunction } from '@atriz/database';

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
  for (const { subject, body, name, email, writer, handledBy } of MESSAGES) {
    await client.query(
      `INSERT INTO contact_messages (id, user_id, name, email, subject, body, created_at, handled_at, handled_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT DO NOTHING`,
      [
        seedId(`contact-message:${subject}`),
        writer && seedId(`user:${writer}`),
        name,
        email,
        subject,
        body,
        '2026-01-12T08:30:00Z',
        handledBy && '2026-01-13T10:00:00Z',
        handledBy && seedId(`user:${handledBy}`),
      ],
    );
  }
  log(`${MESSAGES.length} contact messages`);
};

export default seed;
