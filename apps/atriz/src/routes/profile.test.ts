import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openService, type TestService, type TestUser } from '../../test/service.ts';

let service: TestService;
let ada: TestUser;
let ben: TestUser;

beforeAll(async () => {
  service = await openService();
  ada = await service.signUp('Ada');
  ben = await service.signUp('Ben');
});
afterAll(() => service[Symbol.asyncDispose]());

const get = (user: TestUser) => service.app.inject({ url: '/profile', headers: user.headers });
const put = (user: TestUser, payload: object) =>
  service.app.inject({ method: 'PUT', url: '/profile', headers: user.headers, payload });

describe('/profile', () => {
  it('is empty, then what was saved', async () => {
    expect((await get(ada)).json()).toStrictEqual({ handle: null, displayName: null, bio: '', websiteUrl: null });
    const saved = await put(ada, { handle: 'ada', displayName: ' Lady Ada ', websiteUrl: 'https://ada.example.com' });
    expect(saved.statusCode).toBe(200);
    const profile = { handle: 'ada', displayName: 'Lady Ada', bio: '', websiteUrl: 'https://ada.example.com' };
    expect(saved.json()).toStrictEqual(profile);
    expect((await get(ada)).json()).toStrictEqual(profile);
  });

  it('is nobody else’s to read or to write', async () => {
    await put(ada, { handle: 'ada', displayName: 'Lady Ada' });
    expect((await get(ben)).json()).toMatchObject({ handle: null });
    const taken = await put(ben, { handle: 'ada', displayName: 'Not Ada' });
    expect([taken.statusCode, taken.json().code]).toStrictEqual([409, 'CONFLICT']);
    expect((await get(ada)).json()).toMatchObject({ displayName: 'Lady Ada' });
  });

  it('takes a token', async () => {
    const answer = await service.app.inject('/profile');
    expect([answer.statusCode, answer.json().code]).toStrictEqual([401, 'TOKEN_MISSING']);
  });

  it.each([
    [{ handle: 'A', displayName: 'Ada' }, '/handle'],
    [{ handle: 'ada', displayName: ' ' }, '/displayName'],
    [{ handle: 'ada', displayName: 'Ada\0' }, '/displayName'],
    [{ handle: 'ada', displayName: 'Ada', bio: 'x'.repeat(2001) }, '/bio'],
    [{ handle: 'ada', displayName: 'Ada', websiteUrl: 'javascript:alert(1)' }, '/websiteUrl'],
    [{ handle: 'ada', displayName: 'Ada', websiteUrl: 'http:ada.example.com' }, '/websiteUrl'],
  ])('refuses %j', async (profile, path) => {
    const answer = await put(ada, profile);
    expect([answer.statusCode, answer.json().code]).toStrictEqual([400, 'REQUEST_INVALID']);
    expect(answer.json().errors).toMatchObject([{ path }]);
  });

  it('refuses a field that it does not know, such as another’s id', async () => {
    const answer = await put(ben, { handle: 'ben', displayName: 'Ben', userId: ada.id });
    expect(answer.statusCode).toBe(400);
  });
});
