import { openSignOn } from '/sign-on/sign-on.js';
import { openMap } from '/map.js';
import { place, speed, time, toField } from '/words.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const find = (id) => document.getElementById(id);
const NAMES = { website: 'Atriz', mextrack: 'MexTrack', pshop: 'PShop' };

let vehicles = [];
let latest = new Map();
let geofences = [];
let signOn;

const settings = await (await fetch('/map-settings.json')).json();
let map;

try {
  // Who is signed in at first is asked for below, when there is something to ask with.
  signOn = await openSignOn({ onChange: (user) => signOn && void attempt(() => show(user)) });
  linkApplications();
  await attempt(() => show(signOn.user));
} catch {
  say('The sign-on cannot be reached. Try again in a moment.', 'wrong');
}

find('span').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(showTrack);
});
find('vehicle').addEventListener('change', () => {
  chooseSpan();
  void attempt(showTrack);
});
find('sign-out').addEventListener('click', () => void attempt(() => signOn.signOut()));

/** Every error is told where a screen reader hears it. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    say(error.message, 'wrong');
  }
}

function say(text, kind = '') {
  find('message').textContent = text;
  find('message').dataset.kind = kind;
}

function linkApplications() {
  const links = Object.entries({ website: signOn.website, ...signOn.applications });
  find('applications').replaceChildren(
    ...links.map(([name, href]) => {
      const item = document.createElement('li');
      const link = Object.assign(document.createElement('a'), { href, textContent: NAMES[name] ?? name });
      item.append(link);
      return item;
    }),
  );
}

async function show(user) {
  find('signed-in').hidden = !user;
  find('sign-out').hidden = !user;
  find('signed-out').hidden = Boolean(user);
  if (!user) {
    find('sign-in').href = signOn.signInUrl();
    forget();
    return;
  }
  say('');
  map ??= openMap(find('map'), settings);
  await readFleet();
  chooseSpan();
  await showTrack();
}

/** Nothing of who was signed in stays on the page. */
function forget() {
  vehicles = [];
  latest = new Map();
  geofences = [];
  for (const id of ['vehicle', 'positions', 'latest', 'events']) find(id).replaceChildren();
  for (const id of ['summary', 'geofences']) find(id).textContent = '';
  map?.drawTrack([]);
  map?.drawGeofences([]);
  map?.drawOthers([]);
}

async function readAll(url) {
  const items = [];
  let next = null;
  do {
    const page = await signOn.json(next === null ? url : `${url}${url.includes('?') ? '&' : '?'}after=${next}`);
    items.push(...page.items);
    ({ next } = page);
  } while (next !== null);
  return items;
}

async function readFleet() {
  const [all, positions, areas] = await Promise.all([
    readAll('/vehicles?limit=200'),
    readAll('/positions/latest?limit=200'),
    readAll('/geofences?limit=200'),
  ]);
  vehicles = all;
  latest = new Map(positions.map((position) => [position.vehicleId, position]));
  geofences = areas;
  const seenFirst = vehicles.toSorted((a, b) => Number(latest.has(b.id)) - Number(latest.has(a.id)));
  find('vehicle').replaceChildren(...seenFirst.map(({ id, name, plate }) => new Option(`${name} (${plate})`, id)));
  fill('latest', vehicles, ({ id, name, plate }) => {
    const last = latest.get(id);
    return [name, plate, last ? time(last.recordedAt) : 'never', last ? place(last) : ''];
  });
  find('geofences').textContent =
    geofences.length === 0
      ? 'You have drawn no geofences.'
      : `You have drawn: ${geofences.map(({ name }) => name).join(', ')}.`;
  map.drawGeofences(geofences);
}

/** The day that ends with the vehicle's last position. */
function chooseSpan() {
  const last = latest.get(find('vehicle').value);
  const end = last ? new Date(Math.ceil((Date.parse(last.recordedAt) + 1) / 1000) * 1000) : new Date();
  find('from').value = toField(new Date(end.getTime() - DAY_MS));
  find('to').value = toField(end);
}

async function showTrack() {
  const id = find('vehicle').value;
  if (id === '') {
    say('You have no vehicles yet. Add one with POST /vehicles; /docs says how.');
    return;
  }
  say('');
  const span = new URLSearchParams({
    from: new Date(find('from').value).toISOString(),
    to: new Date(find('to').value).toISOString(),
    points: find('points').value,
    limit: '5000',
  });
  const [{ items }, events] = await Promise.all([
    signOn.json(`/vehicles/${id}/track?${span}`),
    signOn.json(`/vehicles/${id}/events?limit=50`),
  ]);
  map.drawTrack(items);
  const others = vehicles.filter((vehicle) => vehicle.id !== id && latest.has(vehicle.id));
  map.drawOthers(others.map(({ id: other, name }) => ({ name, position: latest.get(other) })));
  find('summary').textContent = summarise(items);
  fill('positions', items, (each) => [
    time(each.recordedAt),
    each.latitude.toFixed(5),
    each.longitude.toFixed(5),
    speed(each.speedKmh),
  ]);
  const names = new Map(geofences.map((geofence) => [geofence.id, geofence.name]));
  fill('events', events.items, ({ recordedAt, event, geofenceId }) => [
    time(recordedAt),
    event,
    names.get(geofenceId) ?? 'a geofence drawn since',
  ]);
}

function summarise(items) {
  if (items.length === 0) return 'No positions in this span.';
  const [first, last] = [items[0], items.at(-1)];
  return `${items.length} positions, from ${time(first.recordedAt)} at ${place(first)} to ${time(last.recordedAt)} at ${place(last)}.`;
}

/** Fills a table's body: one row for each item, of the texts that `cellsOf` gives. */
function fill(id, items, cellsOf) {
  find(id).replaceChildren(
    ...items.map((item) => {
      const row = document.createElement('tr');
      for (const text of cellsOf(item)) row.append(Object.assign(document.createElement('td'), { textContent: text }));
      return row;
    }),
  );
}
