/** What somebody who is signed in sees and changes. */
import { fillForm, onSubmit, tell, tellFailure } from '/forms.js';

/** Wires the forms; `leave()` is called when the account is signed out of. Returns what shows the account's values. */
export function openSettings(signOn, { leave }) {
  onSubmit('profile', async ({ handle, displayName, bio, websiteUrl }) => {
    const body = { handle, displayName, bio, websiteUrl: websiteUrl || null };
    fillForm('profile', await signOn.json('/profile', { method: 'PUT', body }));
    tell('Your profile is saved.', 'right');
  });

  onSubmit('preferences', async (body) => {
    showPreferences(await signOn.json('/preferences', { method: 'PUT', body }));
    tell('Your preferences are saved.', 'right');
  });

  onSubmit('password', async (body) => {
    await signOn.json('/auth/password', { method: 'POST', body });
    await signOn.renew();
    if (signOn.user) tell('Your password is changed. You are signed out everywhere else.', 'right');
  });

  onSubmit('delete-account', async (body) => {
    await signOn.json('/auth/me', { method: 'DELETE', body });
    await leave();
    tell('Your account is being deleted.', 'right');
  });

  document.getElementById('sign-out-everywhere').addEventListener('click', async () => {
    try {
      await signOn.json('/auth/sign-out-everywhere', { method: 'POST' });
      await leave();
    } catch (error) {
      tellFailure(error);
    }
  });

  const zones = document.getElementById('time-zones');
  zones.append(...Intl.supportedValuesOf('timeZone').map((zone) => new Option(zone, zone)));

  return { showAccount, showPreferences: async () => showPreferences(await signOn.json('/preferences')) };

  async function showAccount() {
    const [account, profile] = await Promise.all([signOn.json('/auth/me'), signOn.json('/profile')]);
    document.getElementById('account-name').textContent = account.name;
    document.getElementById('account-email').textContent = account.email;
    document.getElementById('account-unverified').hidden = account.emailVerified;
    fillForm('profile', { ...profile, displayName: profile.displayName ?? account.name });
  }
}

function showPreferences(preferences) {
  fillForm('preferences', preferences);
  const { dataset } = document.documentElement;
  if (preferences.theme === 'system') delete dataset.theme;
  else dataset.theme = preferences.theme;
}
