import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, type TestService, type TestUser } from '../../test/service.ts';

const MESSAGE = { name: 'Rui', email: 'rui@example.com', subject: 'Vans', body: 'Forty of them.' };
interface MessagePage {
  readonly items: readonly { readonly id: string }[];
  readonly next: string | null;
}
let service: TestService;
let ada: TestUser;
let ben: TestUser;
let mara: TestUser;

beforeAll(async () => {
  service = await openService();
  ada = await service.signUp('Ada');
  ben = await service.signUp('Ben');
  mara = await service.signUp('Mara', ['manager']);
});
afterAll(() => service[Symbol.asyncDispose]());

const get = (url: string, user: TestUser) => service.app.inject({ url, headers: user.headers });
const post = (url: string, { user, payload }: { user?: TestUser; payload?: object }) =>
  service.app.inject({ method: 'POST', url, ...(user && { headers: user.headers }), ...(payload && { payload }) });
const write = (user?: TestUser) => post('/contact-messages', { ...(user && { user }), payload: MESSAGE });

describe('/contact-messages', () => {
  it('takes a message of somebody who is not signed in', async () => {
    const written = await write();
    const { id } = written.json();
    expect([written.statusCode, written.headers.location]).toStrictEqual([201, `/contact-messages/${id}`]);
    expect((await get(`/contact-messages/${id}`, mara)).json()).toMatchObject({ id, userId: null, ...MESSAGE });
  });

  it('shows a user what he wrote, and no other user', async () => {
    const { id } = (await write(ada)).json();
    expect((await get(`/contact-messages/${id}`, ada)).json()).toMatchObject({ id, userId: ada.id, handledAt: null });
    expect((await get('/contact-messages', ada)).json()).toMatchObject({ items: [{ id }], next: null });
    expect((await get(`/contact-messages/${id}`, ben)).statusCode).toBe(404);
    expect((await get('/contact-messages', ben)).json()).toStrictEqual({ items: [], next: null });
  });

  it('gives managers everything, in pages, oldest first', async () => {
    const ids = [(await write()).json().id, (await write(ben)).json().id];
    const seen: string[] = [];
    let page = (await get('/contact-messages?limit=2', mara)).json<MessagePage>();
    while (page.next !== null) {
      seen.push(...page.items.map(({ id }) => id));
      page = (await get(`/contact-messages?limit=2&after=${page.next}`, mara)).json<MessagePage>();
    }
    seen.push(...page.items.map(({ id }) => id));
    expect(seen.slice(-2)).toStrictEqual(ids);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('lets one manager deal with a message, once', async () => {
    const { id } = (await write(ada)).json();
    expect((await post(`/contact-messages/${id}/handle`, { user: ada })).json()).toMatchObject({
      status: 403,
      code: 'ROLE_MISSING',
    });
    expect((await post(`/contact-messages/${id}/handle`, { user: mara })).json()).toMatchObject({ handledBy: mara.id });
    const again = await post(`/contact-messages/${id}/handle`, { user: mara });
    expect([again.statusCode, again.json().code]).toStrictEqual([409, 'CONFLICT']);
    const waiting = (await get('/contact-messages?waiting=true&limit=200', mara)).json().items;
    expect(waiting.map((message: { id: string }) => message.id)).not.toContain(id);
    const unknown = await post(`/contact-messages/${ada.id}/handle`, { user: mara });
    expect(unknown.statusCode).toBe(404);
  });

  it('refuses a token that is none, rather than to forget who writes', async () => {
    const answer = await service.app.inject({
      method: 'POST',
      url: '/contact-messages',
      headers: { authorization: 'Bearer nonsense' },
      payload: MESSAGE,
    });
    expect([answer.statusCode, answer.json().code]).toStrictEqual([401, 'TOKEN_INVALID']);
  });

  it.each([
    [{ email: 'nowhere' }, '/email'],
    [{ subject: ' ' }, '/subject'],
    [{ body: 'x'.repeat(10_001) }, '/body'],
    [{ name: 'Rui\0' }, '/name'],
  ])('refuses what is wrong (%#)', async (fault, path) => {
    const answer = await post('/contact-messages', { payload: { ...MESSAGE, ...fault } });
    expect([answer.statusCode, answer.json().errors[0].path]).toStrictEqual([400, path]);
  });

  it('keeps as text what looks like SQL', async () => {
    const body = `'); DROP TABLE contact_messages; --`;
    const { id } = (await post('/contact-messages', { user: ada, payload: { ...MESSAGE, body } })).json();
    expect((await get(`/contact-messages/${id}`, ada)).json()).toMatchObject({ body });
  });
});
