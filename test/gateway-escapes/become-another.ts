import { bob } from '@gprxy/testkit';
import { BOB, BOB_IN_UNICODE } from './people.ts';

/** Something that a session tries; the statements come one after the other, whether the one before succeeded or not. */
export interface Attempt {
  readonly name: string;
  readonly statements: readonly string[];
  /** It does get a session away that is a service login after SET ROLE: the reason why people log in as themselves. */
  readonly worksFromService: boolean;
  /** It cannot be carried by another statement: it would end the transaction of that. */
  readonly isTopLevel?: true;
}

const works = (name: string, ...statements: string[]): Attempt => ({ name, statements, worksFromService: true });
const worksNowhere = (name: string, ...statements: string[]): Attempt => ({
  name,
  statements,
  worksFromService: false,
});
const worksOnTop = (name: string, ...statements: string[]): Attempt => ({
  ...works(name, ...statements),
  isTopLevel: true,
});

/** What gets a session with "service login + SET ROLE" back to the service login. */
const BACK_TO_THE_LOGIN: readonly Attempt[] = [
  works('RESET ROLE', 'RESET ROLE'),
  works('RESET "role", quoted', 'RESET "role"'),
  works('SET ROLE NONE', 'SET ROLE NONE'),
  works('SET ROLE none as a text', "SET ROLE 'none'"),
  works('SET SESSION ROLE NONE', 'SET SESSION ROLE NONE'),
  works('SET role = DEFAULT', 'SET role = DEFAULT'),
  works('SET "role" TO none', 'SET "role" TO none'),
  works('RESET SESSION AUTHORIZATION', 'RESET SESSION AUTHORIZATION'),
  works('SET SESSION AUTHORIZATION DEFAULT', 'SET SESSION AUTHORIZATION DEFAULT'),
  works('SET session_authorization TO DEFAULT', 'SET session_authorization TO DEFAULT'),
  works('set_config of role to none', "SELECT set_config('role', 'none', false)"),
  works('set_config of a name put together', "SELECT set_config(lower('RO' || 'LE'), chr(110) || 'one', false)"),
  worksOnTop('DISCARD ALL', 'DISCARD ALL'),
  worksOnTop('SET LOCAL ROLE NONE in a transaction', 'BEGIN', 'SET LOCAL ROLE NONE'),
  worksOnTop(
    'RESET ROLE in a transaction that is rolled back to a savepoint',
    'BEGIN',
    'SAVEPOINT s',
    'RESET ROLE',
    'ROLLBACK TO s',
  ),
  worksNowhere('RESET ALL', 'RESET ALL'),
];

/** What gets it on to another person, or to a role that is no person. */
const ON_TO_SOMEBODY: readonly Attempt[] = [
  works('SET ROLE bob', `SET ROLE ${BOB}`),
  works('SET SESSION ROLE bob', `SET SESSION ROLE ${BOB}`),
  works('SET role = bob', `SET role = '${bob.email}'`),
  works('SET "role" TO bob', `SET "role" TO ${BOB}`),
  works('comments for spaces and mixed case', `sEt/**/rOlE/* to whom? */${BOB}-- no`),
  works('his name in Unicode escapes', `SET ROLE ${BOB_IN_UNICODE}`),
  works('set_config of role', `SELECT set_config('role', '${bob.email}', false)`),
  works('set_config of ROLE in upper case', `SELECT set_config('ROLE', '${bob.email}', false)`),
  worksOnTop('SET LOCAL ROLE bob in a transaction', 'BEGIN', `SET LOCAL ROLE ${BOB}`),
  worksOnTop('set_config of role for a transaction', 'BEGIN', `SELECT set_config('role', '${bob.email}', true)`),
  worksNowhere(
    'set_config of session_authorization',
    `SELECT set_config('session_authorization', '${bob.email}', false)`,
  ),
  worksNowhere('SET SESSION AUTHORIZATION bob', `SET SESSION AUTHORIZATION ${BOB}`),
  worksNowhere('SET LOCAL SESSION AUTHORIZATION bob', `SET LOCAL SESSION AUTHORIZATION ${BOB}`),
  worksNowhere('SET session_authorization = bob', `SET session_authorization = '${bob.email}'`),
  worksNowhere('SET SESSION AUTHORIZATION postgres', 'SET SESSION AUTHORIZATION postgres'),
  worksNowhere('SET ROLE postgres', 'SET ROLE postgres'),
  worksNowhere('SET ROLE to the group of all people', 'SET ROLE gprxy_users'),
  worksNowhere("SET ROLE to the gateway's own login", 'SET ROLE gprxy_check'),
  worksNowhere('SET ROLE to a predefined role', 'SET ROLE pg_read_all_data'),
  works("SET ROLE to bob's group", 'SET ROLE analysts'),
  worksNowhere('an UPDATE of pg_settings', `UPDATE pg_settings SET setting = '${bob.email}' WHERE name = 'role'`),
];

/** What runs as somebody, or for somebody, by what it is. */
const BY_WAY_OF_OBJECTS: readonly Attempt[] = [
  works(
    'a function with a role of its own',
    `CREATE OR REPLACE FUNCTION pg_temp.as_bob() RETURNS void LANGUAGE plpgsql SET role = '${bob.email}' AS
      $$ BEGIN PERFORM set_config('my.found', current_user::text, false); END $$`,
    'SELECT pg_temp.as_bob()',
  ),
  worksNowhere(
    "a SECURITY DEFINER function, made bob's",
    `CREATE OR REPLACE FUNCTION pg_temp.definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS
      $$ BEGIN PERFORM set_config('my.found', current_user::text, false); END $$`,
    `ALTER FUNCTION pg_temp.definer() OWNER TO ${BOB}`,
    'SELECT pg_temp.definer()',
  ),
  works(
    'a trigger that changes the role',
    'CREATE TEMP TABLE IF NOT EXISTS trap (x int)',
    `CREATE OR REPLACE FUNCTION pg_temp.spring() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM set_config('role', '${bob.email}', false); RETURN new; END $$`,
    'CREATE OR REPLACE TRIGGER spring BEFORE INSERT ON trap FOR EACH ROW EXECUTE FUNCTION pg_temp.spring()',
    'INSERT INTO trap VALUES (1)',
  ),
  works(
    'a view that changes the role when it is read',
    `CREATE OR REPLACE TEMP VIEW trapdoor AS SELECT set_config('role', '${bob.email}', false) AS role`,
    'SELECT * FROM trapdoor',
  ),
];

export const BECOME_ANOTHER: readonly Attempt[] = [...BACK_TO_THE_LOGIN, ...ON_TO_SOMEBODY, ...BY_WAY_OF_OBJECTS];
