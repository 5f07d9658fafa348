import { readFile } from 'node:fs/promises';
import {
  checkUpstreamTls,
  lookAtCertificate,
  resolveUpstream,
  type ServedCertificate,
  silentLog,
} from '@gprxy/sidecar';
import { CliError } from '../../../cli-error.ts';
import { type Finding, ok, warning } from '../check.ts';
import type { SetUp } from '../set-up.ts';

/** Whether the upstream can be reached, and its certificate is what the profile asks for. Nothing is sent but the handshake. */
export async function checkCertificate({ profile }: SetUp, signal: AbortSignal): Promise<Finding> {
  const { hosts } = await resolveUpstream(await profile(), (path) => readFile(path, 'utf8'), silentLog);
  const findings = await Promise.all(hosts.targets.map((target) => checkTarget(target, signal)));
  const [first] = findings as [Finding];
  return (
    findings.find(({ verdict }) => verdict !== 'ok') ?? {
      ...first,
      message: findings.map(({ message }) => message).join('; '),
    }
  );
}

type Target = Parameters<typeof checkUpstreamTls>[0];

async function checkTarget(target: Target, signal: AbortSignal): Promise<Finding> {
  try {
    return judge(`${target.host}:${target.port}`, target.tls.mode, await checkUpstreamTls(target, signal));
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    const certificate = await lookAtCertificate(target, signal).catch(() => undefined);
    throw refused(`${target.host}:${target.port}`, reason, certificate, error);
  }
}

/** Only a password by SCRAM may go where nothing is checked; a profile with a token never comes this far. */
function judge(address: string, mode: string, certificate: ServedCertificate | undefined): Finding {
  const hint = 'Set sslmode=verify-full in "upstream", with sslrootcert=FILE for a private authority.';
  if (certificate === undefined) return warning(`${address}, without TLS: others may read along`, hint);
  if (mode === 'require') return warning(`${address}, ${describe(certificate)}, which nothing checks`, hint);
  if (mode === 'verify-ca') return warning(`${address}, ${describe(certificate)}; its name is not checked`, hint);
  return ok(`${address}, ${describe(certificate)}`);
}

interface Reason {
  readonly what: string;
  readonly hint: string;
}

const unknownAuthority: Reason = {
  what: 'comes from an authority that is not trusted here',
  hint: 'Get the certificate of that authority from the administrator, and name it: "upstream" ...?sslrootcert=FILE',
};
const reasons: Readonly<Record<string, Reason>> = {
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: {
    what: 'is for another host',
    hint: 'Write one of its names as the host of "upstream"; or it is not the server that you mean.',
  },
  CERT_HAS_EXPIRED: { what: 'has expired', hint: 'Tell the administrator of the upstream: it must be renewed.' },
  CERT_NOT_YET_VALID: { what: 'is not valid yet', hint: 'Check the date of this machine: run "date".' },
};

/** OpenSSL's and Node's codes; undefined when it is not the certificate that is wrong. */
function reasonOf(error: unknown): Reason | undefined {
  const { cause } = Object(error) as { cause?: { code?: unknown } };
  return reasons[String(cause?.code)];
}

function refused(
  address: string,
  { what, hint }: Reason,
  certificate: ServedCertificate | undefined,
  cause: unknown,
): CliError {
  return new CliError(`the certificate of ${address} ${what}`, {
    code: 'ERR_UPSTREAM_TLS',
    detail: certificate && `It is ${describe(certificate)}.`,
    hint,
    cause,
  });
}

function describe({ names, subject, issuer, validFrom, validTo }: ServedCertificate): string {
  const who = names.length > 0 ? names.join(', ') : subject;
  return `for ${who}, by ${issuer}, valid from ${dayOf(validFrom)} to ${dayOf(validTo)}`;
}

function dayOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10);
}
