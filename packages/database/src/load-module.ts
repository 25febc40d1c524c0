import { pathToFileURL } from 'node:url';

/** What Node says when its own type stripping cannot run a file that tsx can: enums, or imports without extension. */
const NEEDS_TSX = new Set([
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNKNOWN_FILE_EXTENSION',
]);

/**
 * Imports a TypeScript or JavaScript module and returns its namespace.
 *
 * Node's type stripping is tried first, because it starts in no time; a file that needs more is run by tsx. Both
 * resolve and parse the whole of a module's imports before they run any of it, so nothing runs twice.
 */
export async function loadModule(path: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(path).href;
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    if (!NEEDS_TSX.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const { tsImport } = await import('tsx/esm/api');
    return unwrap((await tsImport(url, import.meta.url)) as Record<string, unknown>);
  }
}

/** In a package without `"type": "module"` tsx makes CommonJS of it, whose exports all stand under `default`. */
function unwrap(module: Record<string, unknown>): Record<string, unknown> {
  const { default: exports } = module;
  const isWrapped = typeof exports === 'object' && exports !== null && '__esModule' in exports;
  return isWrapped ? (exports as Record<string, unknown>) : module;
}
