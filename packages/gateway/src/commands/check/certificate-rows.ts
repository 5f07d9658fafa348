import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { GatewayConfig } from '../../config.ts';
import { ExitCode } from '../../exit-code.ts';
import { failed, ok, type Row } from './row.ts';

export interface CertificateDependencies {
  readonly readFile: (path: string) => string;
  /** The permission bits of a file. */
  readonly modeOf: (path: string) => number;
  readonly now: () => number;
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 21;

/** The gateway's server certificate, and the client certificates for its databases. */
export function certificateRows({ tls, databases }: GatewayConfig, dependencies: CertificateDependencies): Row[] {
  const pairs = new Map<string, { name: string; certFile: string; keyFile: string }>();
  if (tls) pairs.set('tls', { name: 'tls certificate', ...tls });
  for (const { name, certFile, keyFile } of databases.values()) {
    pairs.set(certFile, { name: `certificate for ${name}`, certFile, keyFile });
  }
  return [...pairs.values()].map((pair) => {
    try {
      return checkPair(pair, dependencies);
    } catch (error) {
      return failed(pair.name, error, ExitCode.Configuration);
    }
  });
}

function checkPair(
  { name, certFile, keyFile }: { name: string; certFile: string; keyFile: string },
  { readFile, modeOf, now }: CertificateDependencies,
): Row {
  const certificate = new X509Certificate(readFile(certFile));
  if (!certificate.checkPrivateKey(createPrivateKey(readFile(keyFile)))) {
    throw new Error(`${keyFile} is not the key of ${certFile}`);
  }
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  const subject = certificate.subject.replaceAll('\n', ', ');
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  if (now() < from) throw new Error(`${certFile} (${subject}) is valid only from ${day(from)} on`);
  if (now() >= to) throw new Error(`${certFile} (${subject}) expired on ${day(to)}`);
  const message = `${subject}, until ${day(to)}`;
  const warn = (hint: string): Row => ({ name, status: 'warning', message, hint });
  const daysLeft = Math.floor((to - now()) / DAY_MS);
  if (daysLeft < SOON_DAYS) return warn(`It expires in ${daysLeft} days: renew it.`);
  if ((modeOf(keyFile) & 0o077) !== 0) return warn(`Others may read its key: chmod 600 ${keyFile}`);
  return ok(name, message);
}
