import pg from 'pg';
import { CHECK_LOGIN, USERS_GROUP } from '../identity/privileged-logins.ts';

export interface ProvisionPlan {
  /** Names of databases on their server. */
  readonly databases: readonly string[];
  /** Roles of people. */
  readonly roles: readonly string[];
  readonly allowPrivilegedLogins: ReadonlySet<string>;
}

const { escapeIdentifier, escapeLiteral } = pg;

const HARMLESS = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';

/** Statements that make what is missing and change nothing that is there: run twice, they do the same as once. */
export function provisionSql({ databases, roles, allowPrivilegedLogins }: ProvisionPlan): string[] {
  return [
    'BEGIN',
    // Nobody's search_path decides what the names below mean.
    'SET LOCAL search_path = pg_catalog',
    createRole(USERS_GROUP, `NOLOGIN ${HARMLESS}`),
    createRole(CHECK_LOGIN, `LOGIN PASSWORD NULL CONNECTION LIMIT 8 ${HARMLESS}`),
    grantUsersGroup(CHECK_LOGIN),
    ...roles.flatMap((role) => [
      ...(allowPrivilegedLogins.has(role) ? [] : [requireHarmless(role)]),
      createRole(role, `LOGIN PASSWORD NULL ${HARMLESS}`),
      grantUsersGroup(role),
    ]),
    ...databases.map(
      (name) => `GRANT CONNECT ON DATABASE ${escapeIdentifier(name)} TO ${escapeIdentifier(USERS_GROUP)}`,
    ),
    'COMMIT',
  ];
}

function createRole(role: string, attributes: string): string {
  const missing = `NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${escapeLiteral(role)})`;
  return block(`IF ${missing} THEN CREATE ROLE ${escapeIdentifier(role)} ${attributes}; END IF;`);
}

/** A role that is there already keeps what it has; one that could become somebody else gets no way in. */
function requireHarmless(role: string): string {
  const name = escapeLiteral(role);
  const privileged = 'rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls';
  return block(
    `IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${name} AND (${privileged})) THEN
       RAISE EXCEPTION 'role % is privileged, and not in allow_privileged_logins', ${name}; END IF;`,
  );
}

/**
 * From version 16 on people inherit what the group may (CONNECT) but cannot become it by SET ROLE. For an older version
 * the words for that would be a syntax error, so they are only read where they are known.
 */
function grantUsersGroup(role: string): string {
  const grant = `GRANT ${escapeIdentifier(USERS_GROUP)} TO ${escapeIdentifier(role)}`;
  const newer = escapeLiteral(`${grant} WITH INHERIT TRUE, SET FALSE`);
  return block(`EXECUTE CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000
       THEN ${newer} ELSE ${escapeLiteral(grant)} END;`);
}

/** The body as a quoted text: a dollar-quoted one would end where somebody's name says so. */
function block(body: string): string {
  return `DO ${escapeLiteral(`BEGIN ${body} END`)}`;
}
