import { requireUser, SqlState, type StartupMessage } from '@gprxy/proxy-core';
import type { DatabaseConfig } from './config/databases.ts';
import type { AuthMethod, GatewayConfig } from './config.ts';
import { settingClaim } from './identity/fill-from-person.ts';
import { type Person, personOf } from './identity/person.ts';
import { fillTemplate } from './identity/template.ts';
import { LoginDenied, notAllowed } from './login-denied.ts';
import { mapRole } from './map-role.ts';
import { asksForPhysicalReplication, physicalReplication } from './startup-parameters.ts';
import { tokenDenied } from './token-denied.ts';
import type { VerifiedToken, VerifyToken } from './verify-token.ts';

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

export interface Identification {
  readonly config: GatewayConfig;
  readonly verifyToken: VerifyToken;
  readonly startup: StartupMessage;
  readonly method: AuthMethod;
}

/** From a token to a person, from the person to a role of the database asked for. Errors: LoginDenied. */
export async function identifyClient(token: string, identification: Identification): Promise<Who> {
  const { config, verifyToken, startup, method } = identification;
  const verified = await verifyToken(token).catch((error: unknown) => {
    throw tokenDenied(error, method);
  });
  return resolveWho(verified, startup, config);
}

/** What a good token opens. Nothing here waits for anything, so that every "no" takes as long. Errors: LoginDenied. */
function resolveWho(verified: VerifiedToken, startup: StartupMessage, config: GatewayConfig): Who {
  const owner = { issuer: verified.issuer.issuer, subject: verified.subject };
  const user = requireUser(startup);
  const login = { user, database: startup.parameters.get('database') || user };
  const database = config.databases.get(login.database);
  if (!database) {
    throw (asksForPhysicalReplication(startup) ? physicalReplication() : unknownDatabase(login.database)).of(owner);
  }
  const person = personOf(verified);
  if ('problem' in person) throw notAllowed(person.problem, person.message, login).of(owner);
  const { email } = person;
  const decision = mapRole(person, database.name, config);
  if (decision.role === undefined) {
    throw notAllowed(decision.reason, decision.message, login).of({ ...owner, email });
  }
  const { role, rule } = decision;
  if (![role, person.name, email].includes(user)) throw otherName(user, person, role).of({ ...owner, email, role });
  return { person, role, rule, database, claimSettings: settingsOf(person, config), expiresAt: verified.expiresAt };
}

/** A claim that the token lacks leaves its setting unset: policies see NULL, and not somebody's empty name. */
function settingsOf(person: Person, { claimSettings }: GatewayConfig) {
  return [...claimSettings.settings].flatMap(([name, template]) => {
    const value = fillTemplate(template, (claim) => settingClaim(person, claim));
    if (value === undefined) return [];
    if (!value.includes('\0')) return [[name, value] as const];
    throw new LoginDenied('claims_malformed', `a claim for "${name}" has a zero byte in it`).of(person);
  });
}

/** What psql shows as the user must be who is logged in: naming somebody else is refused, not ignored. */
function otherName(user: string, person: Person, role: string): LoginDenied {
  return new LoginDenied('user_mismatch', `the token is not for "${user}"`, {
    clientMessage: `"${user}" is not who the access token is for`,
    detail: `The token is for "${person.name}", whose role here is "${role}".`,
    hint: `Connect as "${role}", or through "gprxy start", which names you itself unless "user" of the profile names somebody else.`,
  });
}

function unknownDatabase(name: string): LoginDenied {
  return new LoginDenied('database_unknown', `there is no [databases.${name}]`, {
    sqlState: SqlState.InvalidCatalogName,
    clientMessage: `database "${name}" does not exist`,
    detail: 'The gateway serves no database of this name.',
    hint: `Name another, as in "gprxy psql DATABASE"; the gateway's administrator knows which there are.`,
  });
}
