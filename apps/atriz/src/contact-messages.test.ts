import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handleMessage, leaveMessage, readWaitingMessages } from './contact-messages.ts';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';

const MANAGER = '11111111-1111-4111-8111-111111111111';
const MESSAGE = { name: 'Rui', email: 'rui@example.com', subject: 'Vans', body: 'Forty of them.' };
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test[Symbol.asyncDispose]());

describe('contact messages', () => {
  it('wait until the first who deals with them, and no longer', async () => {
    const messageId = await leaveMessage(test.db, MESSAGE);
    expect(await readWaitingMessages(test.db)).toMatchObject([{ id: messageId, ...MESSAGE }]);

    expect(await handleMessage(test.db, { messageId, handledBy: MANAGER })).toBe(true);
    expect(await handleMessage(test.db, { messageId, handledBy: MANAGER })).toBe(false);
    expect(await readWaitingMessages(test.db)).toStrictEqual([]);
  });

  it('remember who wrote them, when he was signed in', async () => {
    const id = await leaveMessage(test.db, { ...MESSAGE, userId: MANAGER });
    const { rows } = await test.db.query('SELECT user_id FROM contact_messages WHERE id = $1', [id]);
    expect(rows).toStrictEqual([{ user_id: MANAGER }]);
  });

  it.each([
    [{ email: 'nowhere' }, 'contact_messages_email_check'],
    [{ subject: ' ' }, 'contact_messages_subject_check'],
    [{ body: '' }, 'contact_messages_body_check'],
    [{ body: 'x'.repeat(10_001) }, 'contact_messages_body_check'],
  ])('are refused when something is wrong with them (%#)', async (fault, constraint) => {
    await expect(leaveMessage(test.db, { ...MESSAGE, ...fault })).rejects.toMatchObject({ code: '23514', constraint });
  });

  it('are dealt with by somebody, not by nobody', async () => {
    await expect(test.db.query('UPDATE contact_messages SET handled_at = now()')).rejects.toMatchObject({
      constraint: 'contact_messages_handled_check',
    });
  });
});
