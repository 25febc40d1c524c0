/** Forms of somebody who is not signed in yet. */
import { onSubmit, tell } from '/forms.js';

/** Wires the forms; `go(view)` shows another view, and `parameters()` are those behind the address's `?`. */
export function openAccountForms(signOn, { go, parameters }) {
  const post = (url, body) => signOn.json(url, { method: 'POST', body });

  onSubmit('sign-in', async (credentials) => {
    await signOn.signIn(credentials);
    const back = placeToReturn(signOn, parameters().get('to'));
    if (back === undefined) go('profile');
    else location.assign(back);
  });

  onSubmit('register', async ({ name, email, password }) => {
    await post('/auth/register', { name, email, password });
    // Where the address has to be confirmed first, this says so.
    await signOn.signIn({ email, password });
    go('profile');
    tell('Welcome. We have sent you a mail: please confirm your address.', 'right');
  });

  onSubmit('forgotten', async ({ email }, form) => {
    await post('/auth/password-reset', { email });
    form.reset();
    tell('If we know this address, a mail is on its way.', 'right');
  });

  onSubmit('new-password', async ({ password }) => {
    await post('/auth/password-reset/complete', { token: parameters().get('token') ?? '', password });
    await signOn.renew(); // Whoever was signed in here is so no longer.
    go('sign-in');
    tell('Your password is changed. Sign in with it.', 'right');
  });

  onSubmit('verify-email', async () => {
    await post('/auth/verify-email', { token: parameters().get('token') ?? '' });
    go(signOn.user ? 'profile' : 'sign-in');
    tell('Thank you: your address is confirmed.', 'right');
  });

  onSubmit('contact', async (message, form) => {
    await post('/contact-messages', message);
    form.reset();
    tell('Thank you: we have your message.', 'right');
  });
}

/** The page that sent somebody here to sign in, if it is one of ours: no stranger's link leads away from here. */
function placeToReturn({ applications }, to) {
  if (to === null || !URL.canParse(to)) return undefined;
  const { origin } = new URL(to);
  return Object.values(applications).some((url) => new URL(url).origin === origin) ? to : undefined;
}
