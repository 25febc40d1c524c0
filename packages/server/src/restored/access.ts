import { Client, DatabaseError, escapeIdentifier, escapeLiteral } from 'pg';

const CANNOT_CONNECT_NOW = '57P03';

interface Door {
  readonly socketDirectory: string;
  readonly port: number;
  readonly superuser: string;
}

/**
 * Gives `role` a password through the socket of a server that was just recovered, and makes it a superuser who may log
 * in. Returns false while the server does not let anybody in yet; throws what it refuses for another reason.
 */
export async function letIn(
  { socketDirectory, port, superuser }: Door,
  { role, password }: { readonly role: string; readonly password: string },
): Promise<boolean> {
  const client = new Client({ host: socketDirectory, port, user: superuser, database: 'template1', password: '' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // A role or a database of the backup may have been set to read only.
    await client.query('SET default_transaction_read_only = off');
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
    const name = escapeIdentifier(role);
    if (rowCount === 0) await client.query(`CREATE ROLE ${name}`);
    await client.query(
      `ALTER ROLE ${name} SUPERUSER LOGIN CONNECTION LIMIT -1 PASSWORD ${escapeLiteral(password)} VALID UNTIL 'infinity'`,
    );
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code !== CANNOT_CONNECT_NOW) throw error;
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
