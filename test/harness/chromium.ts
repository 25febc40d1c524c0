import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const PLACES = (process.env['PATH'] ?? '').split(delimiter);

/** The program, or `undefined` where it is not installed. */
export const CHROMIUM = PLACES.flatMap((place) => NAMES.map((name) => join(place, name))).find((path) =>
  existsSync(path),
);

/** Where a missing browser is a failure, and no reason to skip. */
export const CHROMIUM_REQUIRED = process.env['CI'] === 'true';

export async function startChromium(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('there is no chromium on the PATH');
  // Its sandbox does not work for root, nor in most containers; the pages are our own.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A person with a browser of his own; whatever his pages complain of is in `complaints`. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, of the console, and breaches of the content security policy. */
  readonly complaints: readonly string[];
}

export async function openVisitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  const page = await context.newPage();
  return { page, context, complaints, [Symbol.asyncDispose]: () => context.close() };
}
