import { expect, test } from 'vitest';
import { archiveCommandOf, planSettings, type ServerSetting } from './server-settings.ts';

const archiveCommand = archiveCommandOf({ program: '/usr/bin/pgbackrest', config: '/etc/p.conf', name: 'garden' });
const WANTED = { archiveCommand, archiveTimeoutSeconds: 60 };

const setting = (name: string, value: string, more: Partial<ServerSetting> = {}): ServerSetting => ({
  name,
  value,
  source: 'default',
  inFiles: undefined,
  ...more,
});
const FRESH = [
  setting('wal_level', 'replica'),
  setting('archive_mode', 'off'),
  setting('archive_command', ''),
  setting('archive_timeout', '0'),
];
const replace = (...others: ServerSetting[]): ServerSetting[] =>
  FRESH.map((each) => others.find(({ name }) => name === each.name) ?? each);

test('the command has everything it needs, and what a shell or the server would read otherwise is quoted', () => {
  expect(archiveCommand).toBe('/usr/bin/pgbackrest --config=/etc/p.conf --stanza=garden archive-push %p');
  const odd = archiveCommandOf({ program: '/opt/a b/pgbackrest', config: "/srv/it's 100%.conf", name: 'g' });
  expect(odd).toBe(`'/opt/a b/pgbackrest' '--config=/srv/it'\\''s 100%%.conf' --stanza=g archive-push %p`);
});

test('a new server: what has to be set, and what of it waits for a restart', () => {
  expect(planSettings(FRESH, WANTED)).toEqual({
    changes: [
      { name: 'archive_mode', from: 'off', to: 'on', restart: true },
      { name: 'archive_command', from: '', to: archiveCommand, restart: false },
      { name: 'archive_timeout', from: '0', to: '60', restart: false },
    ],
    waiting: [],
  });
});

test('what was set and waits for the restart is not set again', () => {
  const settings = replace(
    setting('archive_mode', 'off', { inFiles: 'on' }),
    setting('archive_command', archiveCommand),
    setting('archive_timeout', '60'),
  );
  expect(planSettings(settings, WANTED)).toEqual({ changes: [], waiting: ['archive_mode'] });
});

test('what serves is left alone: a shorter timeout, a logical log', () => {
  const settings = replace(
    setting('wal_level', 'logical'),
    setting('archive_mode', 'always'),
    setting('archive_command', archiveCommand),
    setting('archive_timeout', '5', { source: 'command line' }),
  );
  expect(planSettings(settings, WANTED)).toEqual({ changes: [], waiting: [] });
});

test('what only the server’s start can change is refused', () => {
  const settings = replace(setting('archive_command', 'cp %p /srv', { source: 'command line' }));
  expect(() => planSettings(settings, WANTED)).toThrow(
    expect.objectContaining({
      code: 'BACKUP_NOT_CONFIGURED',
      message: `archive_command is set to "cp %p /srv" where the server is started, and has to be "${archiveCommand}"`,
    }) as Error,
  );
});
