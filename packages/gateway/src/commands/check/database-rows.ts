import { UpstreamError } from '@gprxy/proxy-core';
import { backendTarget, refusesRole } from '../../backend-target.ts';
import type { DatabaseConfig } from '../../config/databases.ts';
import type { GatewayConfig } from '../../config.ts';
import { ExitCode } from '../../exit-code.ts';
import { CHECK_LOGIN } from '../../identity/privileged-logins.ts';
import { lookUpRole } from '../../look-up-role.ts';
import { failed, ok, type Row } from './row.ts';

/**
 * A real login to every database, over the TLS and with the certificate that people get in by: as the user of the DSN
 * (or gprxy_check), and as each role that a rule names outright.
 */
export async function databaseRows(config: GatewayConfig, readFile: (path: string) => string): Promise<Row[]> {
  const rows = Array.from(config.databases.values(), (database) =>
    Promise.all(rolesOf(database, config).map((role) => databaseRow(role, database, config, readFile))),
  );
  return (await Promise.all(rows)).flat();
}

function rolesOf({ name, upstream }: DatabaseConfig, { rules }: GatewayConfig): string[] {
  const literal = rules
    .filter(({ databases }) => databases?.includes(name) ?? true)
    .flatMap(({ role }) => role.literal ?? []);
  return [...new Set([upstream.user ?? CHECK_LOGIN, ...literal])];
}

async function databaseRow(
  role: string,
  database: DatabaseConfig,
  { allowPrivilegedLogins }: GatewayConfig,
  readFile: (path: string) => string,
): Promise<Row> {
  const name = `${database.name} as ${role}`;
  try {
    const { attributes, serverVersion } = await lookUpRole(role, database, backendTarget(database, readFile));
    if (attributes.length > 0 && !allowPrivilegedLogins.has(role)) {
      return failed(
        name,
        new Error(`the role is ${attributes.join(', ')}: people would be refused`),
        ExitCode.Configuration,
      );
    }
    return ok(name, `PostgreSQL ${serverVersion} at ${database.maskedUpstream}`);
  } catch (error) {
    return failed(
      name,
      withAdvice(error, role),
      error instanceof UpstreamError ? ExitCode.Upstream : ExitCode.Configuration,
    );
  }
}

function withAdvice(error: unknown, role: string): unknown {
  if (!(error instanceof UpstreamError) || !refusesRole(error)) return error;
  const hint =
    role === CHECK_LOGIN
      ? 'Run "gprxy-gateway provision", which makes this login and prints what pg_hba.conf and pg_ident.conf need.'
      : `Run "gprxy-gateway provision --role ${role}", and put the lines that it prints into pg_hba.conf and pg_ident.conf.`;
  return Object.assign(new Error(error.message), { hint });
}
