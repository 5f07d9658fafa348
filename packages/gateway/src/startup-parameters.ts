import { encodeOptions, MAX_STARTUP_BYTES, parseOptions, SqlState, type StartupMessage } from '@gprxy/proxy-core';
import { namespaceOf } from './config/claim-settings.ts';
import type { StartupPolicy } from './config/databases.ts';
import { LoginDenied, type LoginDeniedOptions } from './login-denied.ts';

type Parameter = readonly [name: string, value: string];

/** What a client asks for at login, in the order in which PostgreSQL applies it: `options`, then the parameters. */
export interface ClientSettings {
  readonly fromOptions: readonly Parameter[];
  readonly fromParameters: readonly Parameter[];
  /** `-c gprxy.auth=...`, which is for the gateway alone. */
  readonly auth: string | undefined;
}

/** Fields of the packet. In `options` they would be settings, which do not exist. */
const FIELDS = new Set(['user', 'database', 'options', 'replication']);

const AUTH_SETTING = 'gprxy.auth';

/** Errors: as parseOptions(). */
export function clientSettings({ parameters }: StartupMessage): ClientSettings {
  const options = parseOptions(parameters.get('options') ?? '');
  const isAuth = ([name]: Parameter) => name.toLowerCase() === AUTH_SETTING;
  return {
    fromOptions: options.filter((setting) => !isAuth(setting)),
    fromParameters: [...parameters].filter(([name]) => !FIELDS.has(name)),
    auth: options.findLast(isAuth)?.[1],
  };
}

export interface BackendLogin {
  readonly role: string;
  /** On its server. */
  readonly database: string;
  readonly policy: StartupPolicy;
  /** What the gateway itself sets, from claims. */
  readonly claimSettings: readonly Parameter[];
  /** Whose settings are the gateway's alone. */
  readonly namespaces: ReadonlySet<string>;
}

/**
 * The startup parameters of the backend's login. Settings arrive there as settings of the login, not by SET, so RESET
 * and DISCARD ALL return to them. Those of claims come last in `options`, and clients may set none of their namespace.
 * Errors: LoginDenied.
 */
export function backendParameters(startup: StartupMessage, login: BackendLogin): Parameter[] {
  const { fromOptions, fromParameters } = clientSettings(startup);
  for (const [name] of [...fromOptions, ...fromParameters]) requireAllowed(name, login);
  for (const [name] of fromOptions) if (FIELDS.has(name.toLowerCase())) throw refused(name);
  const options = encodeOptions([...fromOptions, ...login.claimSettings]);
  const parameters: Parameter[] = [
    ['user', login.role],
    ['database', login.database],
    ...replicationParameter(startup, login.policy),
    ...(options === '' ? [] : [['options', options] as const]),
    ...fromParameters,
  ];
  requireFit(parameters);
  return parameters;
}

function requireAllowed(name: string, { policy, namespaces }: BackendLogin): void {
  const setting = name.toLowerCase();
  if (namespaces.has(namespaceOf(setting))) throw refused(name, 'Settings of this name are made by the gateway.');
  // They change who the session is: "*" does not mean them.
  const mustBeNamed = setting === 'role' || setting === 'session_authorization';
  const isAllowed = policy.allow.has(setting) || (policy.allow.has('*') && !mustBeNamed);
  if (!isAllowed || policy.deny.has(setting)) throw refused(name);
}

function replicationParameter({ parameters }: StartupMessage, policy: StartupPolicy): Parameter[] {
  const value = parameters.get('replication');
  if (value === undefined || isFalse(value)) return [];
  if (value !== 'database') throw physicalReplication();
  if (policy.replication) return [['replication', value]];
  throw denied('replication connections are not allowed to this database', {
    hint: 'The administrator can allow them: startup = { replication = true }.',
  });
}

function isFalse(value: string): boolean {
  return /^(f|fa|fal|fals|false|n|no|of|off|0)$/i.test(value);
}

/** Such a client names no database, or "replication". */
export function asksForPhysicalReplication({ parameters }: StartupMessage): boolean {
  const value = parameters.get('replication');
  return value !== undefined && value !== 'database' && !isFalse(value);
}

export function physicalReplication(): LoginDenied {
  return denied('physical replication does not go through the gateway', {
    sqlState: SqlState.FeatureNotSupported,
    hint: 'Connect to the server itself for a backup or a standby; logical replication may go through the gateway.',
  });
}

function requireFit(parameters: readonly Parameter[]): void {
  const bytes = parameters.reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')) + 2, 9);
  if (bytes <= MAX_STARTUP_BYTES) return;
  const message = `the startup parameters take ${bytes} bytes, of which PostgreSQL accepts ${MAX_STARTUP_BYTES}`;
  throw new LoginDenied('startup_too_large', message, {
    sqlState: SqlState.ConfigurationLimitExceeded,
    hint: 'Send fewer settings; or the administrator leaves long claims out of [settings].',
  });
}

function refused(name: string, detail?: string): LoginDenied {
  return denied(`permission denied to set parameter "${name}" at login`, {
    sqlState: SqlState.InsufficientPrivilege,
    hint: 'Connect without it.',
    ...(detail === undefined ? {} : { detail }),
  });
}

function denied(message: string, options: LoginDeniedOptions): LoginDenied {
  return new LoginDenied('startup_parameter', message, options);
}
