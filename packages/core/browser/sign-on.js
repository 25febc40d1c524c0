/**
 * Who is signed in, for a page of any application of the family: the website keeps the session in a cookie that no
 * script can read, and gives an access token for it to the pages it knows. The token stays in this module's memory.
 *
 * @example
 * const signOn = await openSignOn({ onChange: (user) => show(user) });
 * const { items } = await signOn.json('/vehicles');
 */

/** A token this close to its end is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000;

/** An answer that is no success: `code` to decide by, `message` to show, `errors` for each field that is wrong. */
export class ProblemError extends Error {
  constructor({ status, code, detail, errors = [], retryAfterSeconds }) {
    super(detail);
    this.name = 'ProblemError';
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * Asks the website who is signed in in this browser, and keeps knowing it. `onChange` is called with `{ id, roles }`, or
 * null: once this has resolved, and whenever that has become another, after a sign-out in another application too, as
 * soon as this page is looked at again or asks for something.
 */
export async function openSignOn({ onChange = () => {} } = {}) {
  const { website, applications } = await (await fetch('/sign-on/settings.json')).json();
  let current = null;
  let asking = null;
  let opened = false;

  function remember(answer) {
    const before = current?.user.id ?? null;
    current = answer && {
      token: answer.accessToken,
      renewAt: Date.now() + answer.expiresIn * 1000 - RENEW_BEFORE_MS,
      user: userOf(answer.accessToken),
    };
    if (opened && (current?.user.id ?? null) !== before) onChange(current?.user ?? null);
  }

  /** One question at a time, however many ask. Rejects, and forgets nothing, when the website cannot be reached. */
  function renew() {
    asking ??= callWebsite('POST', '/auth/session/token')
      .then(remember)
      .finally(() => {
        asking = null;
      });
    return asking;
  }

  async function callWebsite(method, path, body) {
    const answer = await fetch(website + path, {
      method,
      credentials: 'include',
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return readAnswer(answer);
  }

  async function send(url, init) {
    const headers = new Headers(init.headers);
    if (current) headers.set('authorization', `Bearer ${current.token}`);
    return fetch(url, { ...init, headers });
  }

  const signOn = {
    website,
    applications,
    get user() {
      return current?.user ?? null;
    },

    /** `fetch` with the signed-in user's token; without one when nobody is signed in. */
    async fetch(url, init = {}) {
      if (current && Date.now() >= current.renewAt) await renew();
      const used = current;
      const answer = await send(url, init);
      if (answer.status !== 401 || !used) return answer;
      await renew(); // The session may have ended elsewhere: then this says so by onChange.
      return current ? send(url, init) : answer;
    },

    /** `fetch` of JSON: `body` is sent as such, and the answer's returned; null for an empty one. Else a ProblemError. */
    async json(url, { method = 'GET', body, headers } = {}) {
      const init = body === undefined ? { method, headers } : jsonRequest(method, { body, headers });
      return readAnswer(await signOn.fetch(url, init));
    },

    /** Signs in by address and password, in this browser and for all applications. For the website's own page. */
    async signIn({ email, password }) {
      remember(await callWebsite('POST', '/auth/session', { email, password }));
    },

    /** Signs out in this browser, of all applications. */
    async signOut() {
      await callWebsite('DELETE', '/auth/session');
      remember(null);
    },

    /** Where somebody can sign in who then comes back to this page. */
    signInUrl() {
      return `${website}/#/sign-in?to=${encodeURIComponent(location.href)}`;
    },

    /** Asks again who is signed in. */
    renew,
  };

  document.addEventListener('visibilitychange', () => {
    // Away from the network, this page goes on with what it knows.
    if (document.visibilityState === 'visible') renew().catch(() => {});
  });
  await renew();
  opened = true;
  // Not before the caller has what this returns.
  setTimeout(() => onChange(signOn.user));
  return signOn;
}

function jsonRequest(method, { body, headers }) {
  return { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

async function readAnswer(answer) {
  const text = await answer.text();
  const value = text === '' ? null : JSON.parse(text);
  if (answer.ok) return value;
  const retryAfter = answer.headers.get('retry-after');
  throw new ProblemError({ ...value, retryAfterSeconds: retryAfter === null ? undefined : Number(retryAfter) });
}

/** What a token says of its user. Nothing is decided by it: the services check the signature, this page only shows. */
function userOf(token) {
  const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  const { sub, roles } = JSON.parse(atob(payload));
  return { id: sub, roles };
}
