import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from '@gprxy/testkit';
import pg from 'pg';
import type { Shell } from '../test/gprxy-shell.testing.ts';
import { must } from './session.ts';

const PASSWORD = 'a guest has one';
const passwordFile = (shell: Shell) => join(shell.home, 'guest-password');

/** A role with a password, for whom no gateway is needed. */
export async function createGuest(shell: Shell, { postgres }: Stack): Promise<void> {
  await postgres.query(`create role guest login password '${PASSWORD}'`);
  await writeFile(passwordFile(shell), PASSWORD, { mode: 0o600 });
}

/** Profiles that are there for a while: of a guest, straight to PostgreSQL, and of a visitor who never has signed in. */
export function guestProfiles(shell: Shell, { postgres, profile }: Stack): string[] {
  const trust = `sslrootcert=${encodeURIComponent(postgres.caFile)}`;
  return [
    `[profiles.guest]
listen = "127.0.0.1:0"
credential = "password"
password_file = "${passwordFile(shell)}"
user = "guest"
warm = "off"
upstream = "postgresql://127.0.0.1:${postgres.port}?${trust}&connect_timeout=30"
`,
    profile({ name: 'visitor', listen: '127.0.0.1:0' }),
  ];
}

export async function guestComes(port: number): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'any', database: 'sales' });
  await client.connect();
  must('a guest', (await client.query('select session_user as me')).rows, [{ me: 'guest' }]);
  await client.end();
}

/** Is told to sign in, and leaves. */
export async function visitorComes(port: number): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'any', database: 'sales' });
  const told = await client.connect().then(
    () => undefined,
    (error) => error.code,
  );
  await client.end().catch(() => {});
  must('a visitor', told, '28000');
}
