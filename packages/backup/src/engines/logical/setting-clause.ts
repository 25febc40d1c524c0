import pg from 'pg';

/** Settings whose value is a list of quoted names: PostgreSQL takes each as a word of its own. */
const LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** `SET name TO value` for each of a role's or database's settings, which PostgreSQL keeps as `name=value`. */
export function settingClauses(settings: readonly string[]): string[] {
  return settings.map((setting) => {
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(setting) as unknown as [string, string, string];
    const words = LISTS.has(name.toLowerCase()) ? splitList(value) : [value];
    const quoted = name.split('.').map(pg.escapeIdentifier).join('.');
    return `SET ${quoted} TO ${words.map(pg.escapeLiteral).join(', ')}`;
  });
}

/** `"$user", public` as its words; a quote within quotes is doubled. An empty list is one empty word. */
function splitList(value: string): string[] {
  const words = [...value.matchAll(/"((?:[^"]|"")*)"|[^\s,"]+/g)].map(([word, quoted]) =>
    quoted === undefined ? word : quoted.replaceAll('""', '"'),
  );
  return words.length === 0 ? [''] : words;
}
