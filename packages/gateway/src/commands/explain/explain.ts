import type { GatewayConfig } from '../../config.ts';
import { ExitCode } from '../../exit-code.ts';
import { settingClaim } from '../../identity/fill-from-person.ts';
import { type Person, personOf } from '../../identity/person.ts';
import { fillTemplate } from '../../identity/template.ts';
import { mapRole, type RuleTrial } from '../../map-role.ts';
import { KeysUnavailable, TokenRejected } from '../../token-rejected.ts';
import { UsageError } from '../../usage-error.ts';
import type { VerifyToken } from '../../verify-token.ts';

export interface ExplainOptions {
  readonly token: string;
  readonly database: string;
  readonly json: boolean;
}

export interface ExplainDependencies {
  readonly verifyToken: VerifyToken;
  readonly stdout: { write(text: string): unknown };
}

/** What the gateway would make of a token, step by step. `version` changes when a field changes its meaning. */
export interface Explanation {
  readonly version: 1;
  readonly allowed: boolean;
  readonly database: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly name?: string;
  readonly email?: string | undefined;
  readonly groups?: Person['groups'];
  readonly roles?: Person['roles'];
  readonly expires?: string;
  readonly rules?: readonly RuleTrial[];
  readonly role?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** As in audit records. */
  readonly reason?: string;
  readonly message?: string;
}

/** A dry run of a login: nothing is connected to but the issuer. Returns the exit code. */
export async function explain(
  config: GatewayConfig,
  { token, database, json }: ExplainOptions,
  { verifyToken, stdout }: ExplainDependencies,
): Promise<ExitCode> {
  if (!config.databases.has(database)) {
    const known = [...config.databases.keys()].join(', ');
    throw new UsageError(`there is no [databases.${database}]`, `The file has: ${known}.`);
  }
  const explanation = await explainToken(token, database, config, verifyToken);
  stdout.write(json ? `${JSON.stringify(explanation, null, 2)}\n` : toText(explanation));
  if (explanation.allowed) return ExitCode.Ok;
  return explanation.reason === 'keys_unavailable' ? ExitCode.ProviderUnreachable : ExitCode.Denied;
}

async function explainToken(
  token: string,
  database: string,
  config: GatewayConfig,
  verifyToken: VerifyToken,
): Promise<Explanation> {
  const denied = { version: 1, allowed: false, database } as const;
  const verified = await verifyToken(token).catch((error: unknown) => {
    if (error instanceof TokenRejected) return { ...denied, reason: error.problem, message: error.message };
    if (error instanceof KeysUnavailable) return { ...denied, reason: 'keys_unavailable', message: error.message };
    throw error;
  });
  if ('reason' in verified) return verified;
  const issuer = verified.issuer.issuer;
  const { subject, expiresAt } = verified;
  const token_ = { issuer, subject, expires: new Date(expiresAt).toISOString() };
  const person = personOf(verified);
  if ('problem' in person) return { ...denied, ...token_, reason: person.problem, message: person.message };
  const { name, email, groups, roles } = person;
  const decision = mapRole(person, database, config);
  const known = { ...denied, ...token_, name, email, groups, roles, rules: decision.tried };
  if (decision.role === undefined) return { ...known, reason: decision.reason, message: decision.message };
  return { ...known, allowed: true, role: decision.role, settings: settingsOf(person, config) };
}

function settingsOf(person: Person, { claimSettings }: GatewayConfig): Record<string, string> {
  const filled = Array.from(claimSettings.settings, ([name, template]) => {
    return [name, fillTemplate(template, (claim) => settingClaim(person, claim))] as const;
  });
  return Object.fromEntries(filled.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function toText({ rules = [], settings = {}, ...explanation }: Explanation): string {
  const { allowed, reason, message, role, version: _, ...facts } = explanation;
  const rows: Array<[string, unknown]> = [
    ...Object.entries(facts),
    ...rules.map(({ rule, outcome }): [string, string] => [`rule ${rule}`, outcome]),
    ...Object.entries(settings).map(([name, value]): [string, string] => ['setting', `${name} = ${value}`]),
    allowed ? ['role', role] : ['denied', `${message} (${reason})`],
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(9)} ${Array.isArray(value) ? value.join(', ') || 'none' : value}\n`)
    .join('');
}
