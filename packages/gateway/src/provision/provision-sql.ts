import pg from 'pg';
import { CHECK_LOGIN, USERS_GROUP } from '../identity/privileged-logins.ts';

export interface ProvisionPlan {
  /** Names of databases on their server. */
  readonly databases: readonly string[];
  /** Roles of people. */
  readonly roles: readonly string[];
  /** Functional roles, such as `reporting`, that all of these people get. */
  readonly grants: readonly string[];
  readonly allowPrivilegedLogins: ReadonlySet<string>;
}

const { escapeIdentifier, escapeLiteral } = pg;

/** SQLSTATE of the notices that tell what was changed. */
export const CHANGED = 'GPRXY';

const HARMLESS = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
const PRIVILEGED = '(rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls)';

/** Statements that make what is missing and change nothing that is there; a notice tells each change. */
export function provisionSql({ databases, roles, grants, allowPrivilegedLogins }: ProvisionPlan): string[] {
  const people = roles.filter((role) => !allowPrivilegedLogins.has(role));
  return [
    'BEGIN',
    // Nobody's search_path decides what the names below mean.
    'SET LOCAL search_path = pg_catalog',
    'SET LOCAL client_min_messages = notice',
    ...[USERS_GROUP, ...grants].flatMap((group) => [requireGroup(group), createRole(group, 'NOLOGIN')]),
    ...[CHECK_LOGIN, ...people].map(requireHarmless),
    createRole(CHECK_LOGIN, 'LOGIN PASSWORD NULL CONNECTION LIMIT 8'),
    grantUsersGroup(CHECK_LOGIN),
    ...roles.flatMap((role) => [
      createRole(role, 'LOGIN PASSWORD NULL'),
      warnOfDisabled(role),
      grantUsersGroup(role),
      ...grants.map((group) => grantRole(group, role)),
    ]),
    ...databases.map(grantConnect),
    'COMMIT',
  ];
}

/** A role that is there already keeps what it has; one that could become somebody else gets no way in. */
function requireHarmless(role: string): string {
  const complaint = 'is privileged, and not in allow_privileged_logins';
  return block(`IF ${roleExists(role, PRIVILEGED)} THEN ${fail(role, complaint)} END IF;`);
}

/** Members of a role may become it: that must not make them another person. */
function requireGroup(role: string): string {
  const complaint = 'is privileged or can log in itself: people cannot be its members';
  return block(`IF ${roleExists(role, `(rolcanlogin OR ${PRIVILEGED})`)} THEN ${fail(role, complaint)} END IF;`);
}

function createRole(role: string, attributes: string): string {
  const statement = `CREATE ROLE ${escapeIdentifier(role)} ${attributes} ${HARMLESS}`;
  return unless(roleExists(role), statement, `created role ${role}`);
}

/** Somebody may have been locked out on purpose. */
function warnOfDisabled(role: string): string {
  const warning = escapeLiteral(`role ${role} may not log in, and is left so`);
  return block(`IF ${roleExists(role, 'NOT rolcanlogin')} THEN RAISE WARNING USING MESSAGE = ${warning}; END IF;`);
}

/**
 * From version 16 on people inherit what the group may (CONNECT) but cannot become it by SET ROLE. For an older version
 * the words for that would be a syntax error, so they are only read where they are known; it has no such columns either.
 */
function grantUsersGroup(role: string): string {
  const column = (name: string, absent: boolean) => `coalesce(to_jsonb(m)->>'${name}', '${absent}') = 'true'`;
  const options = `${column('inherit_option', true)} AND NOT ${column('set_option', false)}`;
  const grant = `GRANT ${escapeIdentifier(USERS_GROUP)} TO ${escapeIdentifier(role)}`;
  const newer = escapeLiteral(`${grant} WITH INHERIT TRUE, SET FALSE`);
  const statement = `EXECUTE CASE WHEN current_setting('server_version_num')::int >= 160000
       THEN ${newer} ELSE ${escapeLiteral(grant)} END`;
  return unless(isMember(USERS_GROUP, role, options), statement, `granted ${USERS_GROUP} to ${role}`);
}

function grantRole(group: string, role: string): string {
  const statement = `GRANT ${escapeIdentifier(group)} TO ${escapeIdentifier(role)}`;
  return unless(isMember(group, role), statement, `granted ${group} to ${role}`);
}

/** Explicitly: what everybody may (PUBLIC) is often taken away later. */
function grantConnect(database: string): string {
  const granted = `EXISTS (SELECT FROM pg_database AS d, aclexplode(d.datacl) AS a JOIN pg_roles AS r ON r.oid = a.grantee
       WHERE d.datname = ${escapeLiteral(database)} AND r.rolname = '${USERS_GROUP}' AND a.privilege_type = 'CONNECT')`;
  const statement = `GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${USERS_GROUP}`;
  return unless(granted, statement, `granted CONNECT on database ${database} to ${USERS_GROUP}`);
}

function roleExists(role: string, condition = 'true'): string {
  return `EXISTS (SELECT FROM pg_roles WHERE rolname = ${escapeLiteral(role)} AND ${condition})`;
}

function isMember(group: string, role: string, condition = 'true'): string {
  return `EXISTS (SELECT FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid JOIN pg_roles AS p ON p.oid = m.member
       WHERE g.rolname = ${escapeLiteral(group)} AND p.rolname = ${escapeLiteral(role)} AND ${condition})`;
}

/** Looks again before it tells of the change: a GRANT without the right to it is but a warning of the server. */
function unless(condition: string, statement: string, change: string): string {
  const notice = `RAISE NOTICE USING ERRCODE = '${CHANGED}', MESSAGE = ${escapeLiteral(change)};`;
  return block(`IF NOT ${condition} THEN
       ${statement};
       IF ${condition} THEN ${notice} END IF;
     END IF;`);
}

function fail(role: string, complaint: string): string {
  return `RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = ${escapeLiteral(`role ${role} ${complaint}`)};`;
}

/** The body as a quoted text: a dollar-quoted one would end where somebody's name says so. */
function block(body: string): string {
  return `DO ${escapeLiteral(`BEGIN ${body} END`)}`;
}
