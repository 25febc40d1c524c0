/** How the page says money and days. */

const MONEY = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export function money(cents) {
  return MONEY.format(cents / 100);
}

export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** YYYY-MM-DD, where this page is read. */
export function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}
