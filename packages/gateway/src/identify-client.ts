import { requireUser, SqlState, type StartupMessage } from '@gprxy/proxy-core';
import type { DatabaseConfig } from './config/databases.ts';
import type { GatewayConfig } from './config.ts';
import { settingClaim } from './identity/fill-from-person.ts';
import { type Person, personOf } from './identity/person.ts';
import { fillTemplate } from './identity/template.ts';
import { LoginDenied, notAllowed } from './login-denied.ts';
import { mapRole } from './map-role.ts';
import { KeysUnavailable, TokenRejected } from './token-rejected.ts';
import type { VerifyToken } from './verify-token.ts';

/** Who a client turned out to be, and what that opens. */
export interface Who {
  readonly person: Person;
  readonly role: string;
  /** The rule that said so, as `explain` counts them. */
  readonly rule: number;
  readonly database: DatabaseConfig;
  /** What the token says, as settings of the session. */
  readonly claimSettings: ReadonlyArray<readonly [name: string, value: string]>;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** From a token to a person, from the person to a role of the database asked for. Errors: LoginDenied. */
export async function identifyClient(
  token: string,
  startup: StartupMessage,
  config: GatewayConfig,
  verifyToken: VerifyToken,
): Promise<Who> {
  const user = requireUser(startup);
  const asked = startup.parameters.get('database') || user;
  const verified = await verifyToken(token).catch((error: unknown) => {
    throw tokenDenied(error);
  });
  const person = personOf(verified);
  if ('problem' in person) throw notAllowed(person.problem, person.message, { user, database: asked });
  const decision = mapRole(person, asked, config);
  if (decision.role === undefined) {
    throw withPerson(notAllowed(decision.reason, decision.message, { user, database: asked }), person);
  }
  requireOwnName(user, person, decision.role);
  const database = config.databases.get(asked);
  if (!database) throw withPerson(unknownDatabase(asked), person);
  const claimSettings = settingsOf(person, config);
  return { person, role: decision.role, rule: decision.rule, database, claimSettings, expiresAt: verified.expiresAt };
}

/** A claim that the token lacks leaves its setting unset: policies see NULL, and not somebody's empty name. */
function settingsOf(person: Person, { claimSettings }: GatewayConfig) {
  return [...claimSettings.settings].flatMap(([name, template]) => {
    const value = fillTemplate(template, (claim) => settingClaim(person, claim));
    return value === undefined ? [] : [[name, value] as const];
  });
}

/** What psql shows as the user must be who is logged in: naming somebody else is refused, not ignored. */
function requireOwnName(user: string, person: Person, role: string): void {
  if (user === role || user === person.name || user === person.email) return;
  throw withPerson(
    new LoginDenied('user_mismatch', `the token is not for "${user}"`, {
      clientMessage: `"${user}" is not who the access token is for`,
      detail: `The token is for "${person.name}", whose role here is "${role}".`,
      hint: `Connect as "${role}", or through "gprxy start", which names you itself.`,
    }),
    person,
  );
}

function unknownDatabase(name: string): LoginDenied {
  return new LoginDenied('database_unknown', `there is no [databases.${name}]`, {
    sqlState: SqlState.InvalidCatalogName,
    clientMessage: `database "${name}" does not exist`,
    hint: "Check the name of the database; the gateway's administrator knows which there are.",
  });
}

/** The audit record of a denial names who was denied, where the token proved it. */
function withPerson(denied: LoginDenied, { issuer, subject, email }: Person): LoginDenied {
  return Object.assign(denied, { owner: { issuer, subject, ...(email !== undefined && { email }) } });
}

function tokenDenied(error: unknown): unknown {
  if (error instanceof KeysUnavailable) {
    return new LoginDenied('keys_unavailable', error.message, {
      sqlState: SqlState.CannotConnectNow,
      clientMessage: 'the gateway cannot verify access tokens now',
      detail: 'It has no keys of the identity provider.',
      hint: 'Try again in a minute; if that fails, tell the administrator of the gateway.',
      cause: error,
    });
  }
  if (!(error instanceof TokenRejected)) return error;
  return Object.assign(
    new LoginDenied(error.problem, error.message, {
      sqlState: SqlState.InvalidPassword,
      clientMessage: 'the access token is not accepted',
      detail: error.message,
      hint: 'Run "gprxy login" and connect again.',
    }),
    error.owner && { owner: error.owner },
  );
}
