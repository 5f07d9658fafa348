import { dirname } from 'node:path';
import type { IssuerConfig } from '../../config/issuers.ts';
import type { GatewayConfig } from '../../config.ts';
import { ExitCode } from '../../exit-code.ts';
import type { Fetch } from '../../jwks/fetch-keys.ts';
import { type CertificateDependencies, certificateRows } from './certificate-rows.ts';
import { databaseRows } from './database-rows.ts';
import { issuerRows } from './issuer-rows.ts';
import { exitCodeOf, failed, ok, type Row, toText } from './row.ts';

export interface CheckOptions {
  readonly json: boolean;
  readonly colours: boolean;
}

export interface CheckDependencies extends CertificateDependencies {
  readonly fetchFor: (issuer: IssuerConfig) => Fetch;
  /** Throws when files in this directory cannot be written. */
  readonly requireWritable: (directory: string) => void;
  readonly stdout: { write(text: string): unknown };
}

/** Tries everything that the file leads to, without serving. Returns the exit code; `version` is of the JSON's form. */
export async function check(
  config: GatewayConfig,
  { json, colours }: CheckOptions,
  dependencies: CheckDependencies,
): Promise<ExitCode> {
  const rows: Row[] = [
    ok('file', config.path),
    ...certificateRows(config, dependencies),
    ...directoryRows(config, dependencies.requireWritable),
    ...(await issuerRows(config.issuers, dependencies.fetchFor)),
    ...(await databaseRows(config, dependencies.readFile)),
  ];
  const exitCode = exitCodeOf(rows);
  const shown = rows.map(({ exitCode: _, ...row }) => row);
  const document = { version: 1, ok: exitCode === ExitCode.Ok, rows: shown };
  dependencies.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : toText(rows, colours));
  return exitCode;
}

function directoryRows({ audit }: GatewayConfig, requireWritable: (directory: string) => void): Row[] {
  if (audit.path === undefined) return [];
  try {
    requireWritable(dirname(audit.path));
    return [ok('audit', audit.path)];
  } catch (error) {
    return [failed('audit', error, ExitCode.Configuration)];
  }
}
