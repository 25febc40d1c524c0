import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, type TestService, type TestUser } from '../../test/service.ts';

const DEFAULTS = { theme: 'system', locale: 'en', timeZone: 'UTC', emailNotifications: true };
let service: TestService;
let ada: TestUser;
let ben: TestUser;

beforeAll(async () => {
  service = await openService();
  ada = await service.signUp('Ada');
  ben = await service.signUp('Ben');
});
afterAll(() => service[Symbol.asyncDispose]());

const get = (user: TestUser) => service.app.inject({ url: '/preferences', headers: user.headers });
const put = (user: TestUser, payload: object) =>
  service.app.inject({ method: 'PUT', url: '/preferences', headers: user.headers, payload });

describe('/preferences', () => {
  it('are the defaults, then what was saved, for each user apart', async () => {
    expect((await get(ada)).json()).toStrictEqual(DEFAULTS);
    const dark = { theme: 'dark', locale: 'pt-PT', timeZone: 'Europe/Lisbon', emailNotifications: false };
    expect((await put(ada, dark)).json()).toStrictEqual(dark);
    expect((await get(ada)).json()).toStrictEqual(dark);
    expect((await get(ben)).json()).toStrictEqual(DEFAULTS);
  });

  it('take a token', async () => {
    const answer = await service.app.inject('/preferences');
    expect([answer.statusCode, answer.json().code]).toStrictEqual([401, 'TOKEN_MISSING']);
  });

  it.each([
    [{ theme: 'pink' }, '/theme'],
    [{ locale: 'english' }, '/locale'],
    [{ timeZone: 'Europe/Atlantis' }, '/timeZone'],
    [{ emailNotifications: 'yes' }, '/emailNotifications'],
  ])('refuse %j', async (fault, path) => {
    const answer = await put(ada, { ...DEFAULTS, ...fault });
    expect([answer.statusCode, answer.json().errors[0].path]).toStrictEqual([400, path]);
  });
});
