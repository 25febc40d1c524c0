import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findMessage, handleMessage, leaveMessage, listMessages } from './contact-messages.ts';
import { openTestDatabase, type TestDatabase } from '../test/database.ts';

const MANAGER = { userId: '11111111-1111-4111-8111-111111111111', roles: ['manager'] } as const;
const ADA = { userId: '22222222-2222-4222-8222-222222222222', roles: ['member'] } as const;
const BEN = { userId: '33333333-3333-4333-8333-333333333333', roles: ['member'] } as const;
const MESSAGE = { name: 'Rui', email: 'rui@example.com', subject: 'Vans', body: 'Forty of them.' };
let test: TestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test[Symbol.asyncDispose]());

const page = (after?: string) => listMessages(test.db, BEN, { limit: 1, after });

describe('contact messages', () => {
  it('wait until the first who deals with them, and no longer', async () => {
    const id = await leaveMessage(test.db, MESSAGE);
    const waiting = { waiting: true, limit: 10 };
    expect(await listMessages(test.db, MANAGER, waiting)).toMatchObject([{ id, userId: null, ...MESSAGE }]);

    expect(await handleMessage(test.db, MANAGER, id)).toMatchObject({ id, handledBy: MANAGER.userId });
    expect(await handleMessage(test.db, MANAGER, id)).toBeUndefined();
    expect(await listMessages(test.db, MANAGER, waiting)).toStrictEqual([]);
    expect(await listMessages(test.db, MANAGER, { waiting: false, limit: 10 })).toHaveLength(1);
  });

  it('are seen by who wrote them and by those who deal with them, and by nobody else', async () => {
    const id = await leaveMessage(test.db, { ...MESSAGE, userId: ADA.userId });
    expect(await findMessage(test.db, ADA, id)).toMatchObject({ userId: ADA.userId });
    expect(await findMessage(test.db, MANAGER, id)).toMatchObject({ id });
    expect(await findMessage(test.db, BEN, id)).toBeUndefined();
    expect((await listMessages(test.db, ADA, { limit: 10 })).map((each) => each.id)).toStrictEqual([id]);
    expect(await listMessages(test.db, BEN, { limit: 10 })).toStrictEqual([]);
  });

  it('are dealt with by managers and admins only', async () => {
    const id = await leaveMessage(test.db, { ...MESSAGE, userId: ADA.userId });
    expect(await handleMessage(test.db, ADA, id)).toBeUndefined();
    expect(await findMessage(test.db, ADA, id)).toMatchObject({ handledAt: null });
  });

  it('come in pages, oldest first', async () => {
    const ids = [];
    for (const subject of ['1', '2', '3']) {
      ids.push(await leaveMessage(test.db, { ...MESSAGE, subject, userId: BEN.userId }));
    }
    expect(await page()).toMatchObject([{ subject: '1' }, { subject: '2' }]);
    expect(await page(ids[0])).toMatchObject([{ subject: '2' }, { subject: '3' }]);
    expect(await page(ids[2])).toStrictEqual([]);
    expect(await page(MANAGER.userId)).toStrictEqual([]);
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
    await leaveMessage(test.db, MESSAGE);
    await expect(
      test.owner.query('UPDATE contact_messages SET handled_at = now(), handled_by = NULL'),
    ).rejects.toMatchObject({ constraint: 'contact_messages_handled_check' });
  });
});
