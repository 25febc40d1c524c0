import type { Server } from './server.ts';

/** Tells which methods a path takes. */
export type ReadMethods = (path: string) => readonly string[];

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/**
 * Notes the routes that are added from now on, so that a request with a method that its path does not take can be told
 * which ones it does. Paths with a wildcard, as static files have, say nothing about one path.
 */
export function noteMethods(app: Server): ReadMethods {
  const known = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const each of [method].flat()) entry.methods.add(each);
    known.set(url, entry);
  });
  return (path) => {
    const methods = new Set<string>();
    for (const each of known.values()) {
      if (each.pattern.test(path)) for (const method of each.methods) methods.add(method);
    }
    if (methods.size > 0) methods.add('OPTIONS');
    return [...methods].toSorted();
  };
}

/** `/vehicles/:id/track` is any text without a slash in place of `:id`. */
function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replaceAll(SPECIAL, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
