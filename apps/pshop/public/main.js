import { createCart } from '/cart.js';
import { openSignOn } from '/sign-on/sign-on.js';
import { money, timeZone, today } from '/words.js';

const NAMES = { website: 'Atriz', mextrack: 'MexTrack', pshop: 'PShop' };
const METHODS = { cash: 'Cash', card: 'Card', transfer: 'Transfer' };
const find = (id) => document.getElementById(id);
const cart = createCart();
let next = null;
let signOn;

try {
  signOn = await openSignOn({ onChange: (user) => void attempt(() => show(user)) });
  linkApplications();
} catch {
  say('The sign-on cannot be reached. Try again in a moment.', 'wrong');
}

find('search').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(readProducts);
});
find('more').addEventListener('click', () => void attempt(readMoreProducts));
find('checkout').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(sell);
});
find('checkout').addEventListener('change', ({ target }) => {
  if (target.name === 'payment') cart.change();
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

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function linkApplications() {
  const links = Object.entries({ website: signOn.website, ...signOn.applications });
  find('applications').replaceChildren(
    ...links.map(([name, href]) => make('li', {}, make('a', { href, textContent: NAMES[name] ?? name }))),
  );
}

async function show(user) {
  find('signed-in').hidden = !user;
  find('sign-out').hidden = !user;
  find('signed-out').hidden = Boolean(user);
  // Nothing of who was signed in before stays on the page.
  cart.clear();
  showCart();
  for (const id of ['products', 'takings']) find(id).replaceChildren();
  if (!user) {
    find('sign-in').href = signOn.signInUrl();
    return;
  }
  say('');
  find('whose').textContent = user.roles.some((role) => role === 'manager' || role === 'admin')
    ? 'Of everybody who sells.'
    : 'Of your own sales.';
  await Promise.all([readProducts(), readTakings()]);
}

async function readProducts() {
  const { items } = await readPage();
  find('products').replaceChildren(...items.map(toProductRow));
  if (items.length === 0) say('There is no such product.');
}

async function readMoreProducts() {
  const { items } = await readPage(next);
  find('products').append(...items.map(toProductRow));
}

async function readPage(after) {
  const query = new URLSearchParams({ limit: '50' });
  const wanted = find('wanted').value.trim();
  if (wanted !== '') query.set('q', wanted);
  if (after) query.set('after', after);
  const page = await signOn.json(`/products?${query}`);
  ({ next } = page);
  find('more').hidden = next === null;
  return page;
}

function toProductRow(product) {
  const add = make('button', {
    type: 'button',
    className: 'quiet',
    textContent: 'Add',
    ariaLabel: `Add ${product.name}`,
    disabled: product.quantity === 0,
  });
  add.addEventListener('click', () => {
    cart.add(product);
    showCart();
    say(`${product.name} is in the cart.`);
  });
  return make(
    'tr',
    {},
    make('th', { scope: 'row', textContent: product.name }),
    make('td', { textContent: product.sku }),
    make('td', { className: 'number', textContent: money(product.priceCents) }),
    make('td', { className: 'number', textContent: product.quantity === 0 ? 'sold out' : product.quantity }),
    make('td', {}, add),
  );
}

function showCart() {
  find('cart').replaceChildren(...cart.lines.map(toCartRow));
  find('checkout').hidden = cart.lines.length === 0;
  find('cart-empty').hidden = cart.lines.length > 0;
  showTotal();
}

function showTotal() {
  find('total').textContent = money(cart.totalCents);
}

function toCartRow({ product, quantity }) {
  const total = make('td', { className: 'number', textContent: money(product.priceCents * quantity) });
  const pieces = make('input', {
    type: 'number',
    min: 1,
    max: 10_000,
    required: true,
    value: quantity,
    ariaLabel: `Pieces of ${product.name}`,
  });
  pieces.addEventListener('input', () => {
    if (!pieces.checkValidity()) return;
    cart.set(product, pieces.valueAsNumber);
    total.textContent = money(product.priceCents * pieces.valueAsNumber);
    showTotal();
  });
  const remove = make('button', {
    type: 'button',
    className: 'quiet',
    textContent: 'Remove',
    ariaLabel: `Remove ${product.name}`,
  });
  remove.addEventListener('click', () => {
    cart.set(product, 0);
    showCart();
    find('wanted').focus();
  });
  return make(
    'tr',
    {},
    make('th', { scope: 'row', textContent: product.name }),
    make('td', {}, pieces),
    total,
    make('td', {}, remove),
  );
}

async function sell() {
  const lines = cart.lines.map(({ product, quantity }) => ({ productId: product.id, quantity }));
  const paymentMethod = new FormData(find('checkout')).get('payment');
  let sale;
  find('sell').disabled = true;
  try {
    sale = await signOn.json('/sales', {
      method: 'POST',
      headers: { 'idempotency-key': cart.key },
      body: { paymentMethod, lines },
    });
  } catch (error) {
    if (mayBeSold(error)) {
      say('It is not known whether this was sold. Press Sell again: it is sold once.', 'wrong');
      return;
    }
    say(error.message, 'wrong');
    await readProducts();
    return;
  } finally {
    find('sell').disabled = false;
  }
  cart.clear();
  showCart();
  say(`Sold for ${money(sale.totalCents)}.`, 'right');
  find('wanted').focus();
  await Promise.all([readProducts(), readTakings()]);
}

/** An answer that is lost says nothing about the sale; the same cart again is the same sale. */
function mayBeSold({ status }) {
  return status === undefined || status >= 500;
}

async function readTakings() {
  const report = await signOn.json(`/reports/days/${today()}?timeZone=${encodeURIComponent(timeZone)}`);
  const { sales, refunds } = report;
  const rows = Object.entries(METHODS).map(([method, name]) =>
    toTakingsRow(name, sales.byPaymentMethod[method], refunds.byPaymentMethod[method]),
  );
  find('takings').replaceChildren(...rows, toTakingsRow('All', sales.totalCents, refunds.totalCents));
}

function toTakingsRow(name, soldCents, refundedCents) {
  const cells = [soldCents, refundedCents, soldCents - refundedCents];
  return make(
    'tr',
    {},
    make('th', { scope: 'row', textContent: name }),
    ...cells.map((cents) => make('td', { className: 'number', textContent: money(cents) })),
  );
}
