import { encodeOptions, GprxyError, parseOptions, requireUser, SqlState, type StartupMessage } from '@gprxy/proxy-core';
import { namespaceOf } from './config/claim-settings.ts';
import type { StartupPolicy } from './config/databases.ts';

type Setting = readonly [name: string, value: string];

/** A StartupMessage taken apart. Nothing in it is trusted yet. */
export interface StartupRequest {
  readonly user: string;
  readonly database: string;
  /** Absent, or what `replication` asks for beyond an ordinary session. */
  readonly replication: string | undefined;
  /** `-c gprxy.auth=...`: which way the client wants to show its token. For the gateway, and never sent on. */
  readonly auth: string | undefined;
  /** Settings that came as parameters of their own, and those inside `options`; each in order. */
  readonly parameters: readonly Setting[];
  readonly options: readonly Setting[];
}

/** What changes who a session is, or is the gateway's alone to say; no policy can allow it. */
const NEVER = new Set(['role', 'session_authorization', 'is_superuser']);
const OWN_PARAMETERS = new Set(['user', 'database', 'options', 'replication']);
/** How PostgreSQL spells "no" (parse_bool). */
const NO = new Set(['', 'false', 'off', 'no', '0']);

/** Errors: 28000 without a user; 42601 and 0A000 for `options` that are no settings. */
export function readStartupRequest(startup: StartupMessage): StartupRequest {
  const { parameters } = startup;
  const user = requireUser(startup);
  const options = parseOptions(parameters.get('options') ?? '');
  const replication = parameters.get('replication') ?? '';
  return {
    user,
    database: parameters.get('database') || user,
    replication: NO.has(replication.toLowerCase()) ? undefined : replication,
    auth: options.findLast(([name]) => isAuthOption(name))?.[1],
    parameters: [...parameters].filter(([name]) => !OWN_PARAMETERS.has(name)),
    options: options.filter(([name]) => !isAuthOption(name)),
  };
}

const isAuthOption = (name: string) => name.toLowerCase() === 'gprxy.auth';

export interface BackendLogin {
  readonly role: string;
  /** The name of the database on its server. */
  readonly database: string;
  readonly policy: StartupPolicy;
  /** What the token says, as settings of the session. */
  readonly claimSettings: Iterable<Setting>;
  /** `app` of `app.user`: namespaces in which a client may set nothing, so that it cannot pass for the gateway. */
  readonly claimNamespaces: ReadonlySet<string>;
}

/**
 * The startup parameters of the backend's login. What the client asked for stays a startup parameter, and claims are
 * ones too, so that RESET and DISCARD ALL come back to them.
 *
 * Errors: 42501 for a setting that policy does not allow: it is refused, not dropped, so that nobody believes it holds.
 */
export function backendStartupParameters(request: StartupRequest, login: BackendLogin): Setting[] {
  for (const [name] of [...request.parameters, ...request.options]) requireAllowed(name, login);
  if (request.replication !== undefined && !login.policy.replication) throw replicationRefused();
  const options = encodeOptions([...request.options, ...login.claimSettings]);
  return [
    ['user', login.role],
    ['database', login.database],
    ...request.parameters,
    ...(request.replication === undefined ? [] : [['replication', request.replication] as const]),
    ...(options === '' ? [] : [['options', options] as const]),
  ];
}

function requireAllowed(setting: string, { policy, claimNamespaces }: BackendLogin): void {
  const name = setting.toLowerCase();
  if (NEVER.has(name)) throw refused(setting, 'It would change who the session is.');
  if (claimNamespaces.has(namespaceOf(name))) throw refused(setting, 'The gateway sets it from the token.');
  if (policy.deny.has(name)) throw refused(setting, 'The configuration of the gateway denies it.');
  if (policy.allow.has('*') || policy.allow.has(name)) return;
  throw refused(setting, 'The configuration of the gateway does not allow it.');
}

function refused(setting: string, detail: string): GprxyError {
  return new GprxyError(`parameter "${setting}" cannot be set at the start of a session through the gateway`, {
    code: 'ERR_STARTUP_PARAMETER',
    sqlState: SqlState.InsufficientPrivilege,
    detail,
    hint: 'Take it out of the connection string, PGOPTIONS or the settings of your client.',
  });
}

function replicationRefused(): GprxyError {
  return new GprxyError('replication connections are not allowed through the gateway', {
    code: 'ERR_REPLICATION',
    sqlState: SqlState.InsufficientPrivilege,
    hint: 'Ask the administrator of the gateway to set "startup.replication" for this database.',
  });
}
