import { ALICE, BOB, SERVICE } from './people.ts';

/** Who is whom, who may be whom, and what they bring along at login: of others. */
const OTHERS = [
  `ALTER ROLE ${BOB} PASSWORD 'x'`,
  `ALTER USER ${BOB} WITH ENCRYPTED PASSWORD 'x'`,
  `ALTER ROLE ${SERVICE} PASSWORD 'x'`,
  "ALTER ROLE gprxy_check PASSWORD 'x'",
  "ALTER ROLE postgres PASSWORD 'x'",
  `ALTER ROLE ${BOB} SET search_path = pg_temp`,
  `ALTER ROLE ${BOB} IN DATABASE sales SET role = ${ALICE}`,
  `ALTER ROLE ${BOB} RESET ALL`,
  `ALTER ROLE ALL SET role = ${ALICE}`,
  `ALTER DATABASE sales SET role = ${ALICE}`,
  `ALTER ROLE ${BOB} RENAME TO nobody`,
  `ALTER ROLE ${BOB} NOLOGIN`,
  `ALTER ROLE ${BOB} VALID UNTIL '2000-01-01'`,
  `ALTER ROLE ${BOB} CONNECTION LIMIT 0`,
  `DROP ROLE ${BOB}`,
  `DROP OWNED BY ${BOB}`,
  `REASSIGN OWNED BY ${BOB} TO CURRENT_USER`,
  `ALTER DEFAULT PRIVILEGES FOR ROLE ${BOB} GRANT ALL ON TABLES TO PUBLIC`,
];

/** What would make her more than she is. */
const HERSELF = [
  ...['SUPERUSER', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'BYPASSRLS', 'INHERIT', 'CONNECTION LIMIT -1'].map(
    (attribute) => `ALTER ROLE CURRENT_USER ${attribute}`,
  ),
  "ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'",
  "ALTER ROLE CURRENT_USER SET session_preload_libraries = 'x'",
  `ALTER ROLE CURRENT_USER SET app."user" = 'bob'`,
  "ALTER ROLE CURRENT_USER IN DATABASE sales SET app.tenant_id = 'of another'",
  'CREATE ROLE accomplice',
  'CREATE USER accomplice IN ROLE gprxy_users',
  'CREATE DATABASE hers',
];

const MEMBERSHIPS = [
  `GRANT ${BOB} TO CURRENT_USER`,
  `GRANT ${BOB} TO CURRENT_USER WITH INHERIT TRUE, SET FALSE`,
  `GRANT ${SERVICE} TO CURRENT_USER`,
  `GRANT ${ALICE} TO ${BOB}`,
  'GRANT postgres TO CURRENT_USER',
  'GRANT gprxy_check TO CURRENT_USER',
  'GRANT analysts TO CURRENT_USER',
  'GRANT pg_read_all_data, pg_signal_backend TO CURRENT_USER',
  'GRANT pg_read_all_stats TO CURRENT_USER',
  'GRANT "data-eng" TO CURRENT_USER WITH ADMIN OPTION',
  'GRANT gprxy_users TO CURRENT_USER WITH ADMIN OPTION',
  'GRANT gprxy_users TO CURRENT_USER WITH SET TRUE',
  `GRANT gprxy_users TO ${SERVICE}`,
  `REVOKE gprxy_users FROM ${BOB}`,
  'REVOKE gprxy_users FROM CURRENT_USER',
  'ALTER GROUP gprxy_users ADD USER postgres',
  `ALTER GROUP gprxy_users DROP USER ${BOB}`,
  'ALTER ROLE gprxy_users LOGIN',
  'ALTER ROLE gprxy_users SUPERUSER',
  "ALTER ROLE gprxy_users SET session_preload_libraries = 'x'",
  'DROP ROLE gprxy_users',
  'DROP ROLE gprxy_check',
];

const OWNERSHIP = [
  'ALTER DATABASE sales OWNER TO CURRENT_USER',
  'ALTER SCHEMA public OWNER TO CURRENT_USER',
  'ALTER TABLE bob_things OWNER TO CURRENT_USER',
  'SELECT * FROM bob_things',
  'GRANT ALL ON bob_things TO CURRENT_USER',
  'GRANT SET ON PARAMETER session_preload_libraries TO CURRENT_USER',
  `CREATE SCHEMA AUTHORIZATION ${BOB}`,
  'CREATE FUNCTION public.trap() RETURNS void LANGUAGE sql AS $$ $$',
  `CREATE EVENT TRIGGER trap ON ddl_command_end EXECUTE FUNCTION pg_temp.carry()`,
];

/** Past the database: to the files and programs of the server, the gateway's key perhaps among them. */
const BEYOND = [
  "COPY (SELECT 1) TO PROGRAM 'id'",
  "COPY (SELECT 1) TO '/tmp/gprxy-escape'",
  "COPY bob_things FROM 'pg_hba.conf'",
  "SELECT pg_read_file('pg_hba.conf')",
  "SELECT pg_read_binary_file('server.key')",
  "SELECT pg_ls_dir('.')",
  "SELECT lo_import('server.key')",
  'SELECT * FROM pg_hba_file_rules',
  'SELECT * FROM pg_ident_file_mappings',
  'SELECT * FROM pg_file_settings',
  'SELECT rolpassword FROM pg_authid',
  'SELECT * FROM pg_shadow',
  "UPDATE pg_authid SET rolsuper = true WHERE rolname = 'x'",
  'SELECT pg_reload_conf()',
  'SELECT pg_rotate_logfile()',
  "ALTER SYSTEM SET ssl = 'off'",
  "LOAD 'dblink'",
  'CREATE EXTENSION plperlu',
  'CREATE EXTENSION file_fdw',
  "CREATE FUNCTION pg_temp.system(text) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'",
  "CREATE SERVER elsewhere FOREIGN DATA WRAPPER dblink_fdw OPTIONS (host '127.0.0.1')",
  'SET allow_system_table_mods = on',
  "SET session_preload_libraries = 'x'",
  'SET session_replication_role = replica',
  "SELECT dblink_connect_u('dbname=sales')",
  "SELECT pg_create_physical_replication_slot('x')",
];

/** Each is refused with 42501 (insufficient_privilege) and changes nothing. */
export const TAKE_OVER: readonly string[] = [...OTHERS, ...HERSELF, ...MEMBERSHIPS, ...OWNERSHIP, ...BEYOND];

/** All that says who is whom, as one row. */
export const WHO_IS_WHOM = `SELECT
  (SELECT md5(string_agg(a::text, ',' ORDER BY a.oid)) FROM pg_authid a) AS roles,
  (SELECT md5(string_agg(m::text, ',' ORDER BY m::text)) FROM pg_auth_members m) AS members,
  (SELECT md5(string_agg(s::text, ',' ORDER BY s::text)) FROM pg_db_role_setting s) AS settings,
  (SELECT md5(string_agg(p::text, ',' ORDER BY p::text)) FROM pg_parameter_acl p) AS parameters,
  (SELECT md5(string_agg(d::text, ',' ORDER BY d.oid)) FROM pg_database d) AS databases,
  (SELECT string_agg(relname || relowner || coalesce(relacl::text, ''), ',') FROM pg_class WHERE relname = 'bob_things') AS things`;
