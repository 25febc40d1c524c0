import dbmate from 'dbmate/package.json' with { type: 'json' };
import graphileMigrate from 'graphile-migrate/package.json' with { type: 'json' };
import nodePgMigrate from 'node-pg-migrate/package.json' with { type: 'json' };
import pg from 'pg/package.json' with { type: 'json' };

/** What ours is put beside; psql and createdb are the server's own. */
export const PEERS = [nodePgMigrate, dbmate, graphileMigrate, pg]
  .map(({ name, version }) => `${name} ${version}`)
  .join(', ');
