/** The website's page: one document, whose views are chosen by what is behind the # of the address. */
import { openAccountForms } from '/account.js';
import { tell, tellFailure } from '/forms.js';
import { openSettings } from '/settings.js';
import { openSignOn } from '/sign-on/sign-on.js';

const TITLES = { mextrack: 'MexTrack', pshop: 'PShop' };
const views = [...document.querySelectorAll('[data-view]')];
let signOn;
let settings;
/** True while this page itself changes the address: what it told then stays to be read. */
let going = false;
let wasSignedIn = false;

/** `#/new-password?token=…` is the view `new-password`, and its parameters. */
function readAddress() {
  const [view, query] = location.hash.replace(/^#\/?/, '').split('?');
  return { view, parameters: new URLSearchParams(query) };
}

function go(view) {
  if (readAddress().view === view) show();
  else {
    going = true;
    location.hash = `#/${view}`;
  }
}

/** Shows the view of the address; what is private leads to signing in first. */
function show() {
  const wanted = views.find(({ dataset }) => dataset.view === readAddress().view) ?? views[0];
  const shown = redirect(wanted);
  if (shown !== wanted.dataset.view) {
    go(shown);
    return;
  }
  for (const view of views) view.hidden = view !== wanted;
  const heading = wanted.querySelector('h1');
  document.title = wanted.dataset.view === '' ? 'Atriz' : `${heading.textContent} – Atriz`;
  if (shown === 'profile') settings.showAccount().catch(tellFailure);
}

function redirect({ dataset }) {
  if ('private' in dataset && !signOn.user) return 'sign-in';
  if (signOn.user && ['', 'sign-in', 'register'].includes(dataset.view)) {
    return readAddress().parameters.has('to') ? dataset.view : 'profile';
  }
  return dataset.view;
}

function showUser(user) {
  document.getElementById('signed-in').hidden = user === null;
  document.getElementById('signed-out').hidden = user !== null;
  if (user === null) {
    delete document.documentElement.dataset.theme;
    for (const form of document.querySelectorAll('[data-private] form')) form.reset();
  } else {
    settings.showPreferences().catch(tellFailure);
  }
}

/** Called at first, and when somebody else is signed in than before, or nobody: here, or in another application. */
function onChange(user) {
  if (user === null && wasSignedIn) tell('You are signed out.');
  wasSignedIn = user !== null;
  showUser(user);
  show();
}

async function leave() {
  await signOn.renew();
  go('sign-in');
}

function showApplications() {
  const items = Object.entries(signOn.applications).map(([name, url]) => {
    const link = document.createElement('a');
    link.href = url;
    link.textContent = TITLES[name] ?? name;
    const item = document.createElement('li');
    item.append(link);
    return item;
  });
  document.getElementById('applications').append(...items);
}

try {
  signOn = await openSignOn({ onChange });
  settings = openSettings(signOn, { leave });
  openAccountForms(signOn, { go, parameters: () => readAddress().parameters });
  showApplications();
  document.getElementById('sign-out').addEventListener('click', () => signOn.signOut().catch(tellFailure));
  document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault(); // What is behind the # is the view.
    document.getElementById('main').focus();
  });
  addEventListener('hashchange', () => {
    if (!going) tell('');
    going = false;
    show();
    document.getElementById('main').focus();
  });
} catch (error) {
  views[0].hidden = false;
  tellFailure(error);
}
