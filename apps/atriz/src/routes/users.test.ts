import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../test/requests.ts';
import { openService, PASSWORD, type TestService, type TestUser } from '../../test/service.ts';

const NOBODY = '99999999-9999-4999-8999-999999999999';
let service: TestService;
let admin: TestUser;
let ben: TestUser;
let eve: TestUser;

beforeAll(async () => {
  service = await openService();
  admin = await service.signUp('Ada', ['admin']);
  ben = await service.signUp('Ben');
  eve = await service.signUp('Eve', ['manager']);
});
afterAll(() => service[Symbol.asyncDispose]());

const as = (user: TestUser, target: string) => ask(service, target, { user });
const rolesOf = async ({ email }: TestUser): Promise<string[]> => {
  const { accessToken } = (await ask(service, 'POST /auth/sign-in', { payload: { email, password: PASSWORD } })).json();
  const headers = { authorization: `Bearer ${accessToken}` };
  return (await ask(service, 'GET /auth/me', { headers })).json().roles;
};

describe('/users', () => {
  it('lists everybody by address, in pages', async () => {
    const first = (await as(admin, 'GET /users?limit=1')).json();
    expect(first.items).toMatchObject([
      { id: admin.id, email: 'ada@example.com', roles: ['admin', 'member'], isActive: true },
    ]);
    expect(Object.keys(first.items[0])).not.toContain('place');
    const second = (await as(admin, `GET /users?after=${first.next}`)).json();
    expect(second.items[0]).toMatchObject({ id: ben.id, roles: ['member'] });
  });

  it('grants and takes away roles', async () => {
    expect((await as(admin, `POST /users/${ben.id}/roles/manager`)).statusCode).toBe(204);
    expect(await rolesOf(ben)).toStrictEqual(['manager', 'member']);
    expect((await as(admin, `DELETE /users/${ben.id}/roles/manager`)).statusCode).toBe(204);
    expect(await rolesOf(ben)).toStrictEqual(['member']);
  });

  it('takes away with a role every token that has it', async () => {
    const mara = await service.signUp('Mara', ['manager']);
    expect((await as(mara, 'GET /contact-messages')).statusCode).toBe(200);
    await as(admin, `DELETE /users/${mara.id}/roles/manager`);
    await expect.poll(async () => (await as(mara, 'GET /contact-messages')).json().code).toBe('TOKEN_REVOKED');
  });

  it('refuses a user, and lets him in again', async () => {
    const cleo = await service.signUp('Cleo');
    const payload = { email: cleo.email, password: PASSWORD };
    expect((await as(admin, `POST /users/${cleo.id}/deactivate`)).statusCode).toBe(204);
    expect((await ask(service, 'POST /auth/sign-in', { payload })).json()).toMatchObject({ code: 'ACCOUNT_INACTIVE' });
    expect((await as(admin, `POST /users/${cleo.id}/activate`)).statusCode).toBe(204);
    expect((await ask(service, 'POST /auth/sign-in', { payload })).statusCode).toBe(200);
  });

  it('asks for a deletion in an admin’s name', async () => {
    const dan = await service.signUp('Dan');
    expect((await as(admin, `DELETE /users/${dan.id}`)).statusCode).toBe(202);
    const { rows } = await service.shared.owner.query('SELECT requested_by FROM user_deletions WHERE user_id = $1', [
      dan.id,
    ]);
    expect(rows).toStrictEqual([{ requested_by: admin.id }]);
  });

  it.each(['POST /users/ID/roles/manager', 'POST /users/ID/deactivate', 'POST /users/ID/activate', 'DELETE /users/ID'])(
    'knows nobody of an unknown id: %s',
    async (target) => {
      const answer = await as(admin, target.replace('ID', NOBODY));
      expect([answer.statusCode, answer.json().code]).toStrictEqual([404, 'USER_UNKNOWN']);
    },
  );

  it.each([
    'GET /users',
    'POST /users/ID/roles/admin',
    'DELETE /users/ID/roles/member',
    'POST /users/ID/deactivate',
    'POST /users/ID/activate',
    'DELETE /users/ID',
  ])('is for admins only: %s', async (target) => {
    const answer = await as(eve, target.replace('ID', ben.id));
    expect([answer.statusCode, answer.json().code]).toStrictEqual([403, 'ROLE_MISSING']);
    expect((await ask(service, target.replace('ID', ben.id))).statusCode).toBe(401);
  });

  it('knows no role that there is not', async () => {
    expect((await as(admin, `POST /users/${ben.id}/roles/king`)).statusCode).toBe(400);
  });
});
