import * as tls from 'node:tls';
import { GprxyError } from '@gprxy/proxy-core';

/** What the environment says of the authorities to trust, under OpenSSL's name and Node's. */
export interface NamedAuthorities {
  /** `SSL_CERT_FILE`: in the place of the system's. */
  readonly certFile?: string;
  /** `NODE_EXTRA_CA_CERTS`: besides them. */
  readonly extraFile?: string;
}

/** Where systems keep them: Debian and Alpine, Fedora and RHEL, SUSE, macOS and the BSDs. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * PEM of what libpq calls `sslrootcert=system`. Node itself trusts a list that it brings along, on which an authority that an
 * administrator has added to the system is not; that list is used (`undefined`) where the system has none that can be read.
 * Rejects with GprxyError for an `SSL_CERT_FILE` that cannot be read.
 */
export async function systemAuthorities(
  { certFile, extraFile }: NamedAuthorities,
  readFile: (path: string) => Promise<string>,
): Promise<string | undefined> {
  const found = certFile === undefined ? await ofTheSystem(readFile) : await readNamed(certFile, readFile);
  if (found === undefined || extraFile === undefined) return found;
  // Where it cannot be read, Node has said so when it started.
  return `${found}\n${await readFile(extraFile).catch(() => '')}`;
}

async function ofTheSystem(readFile: (path: string) => Promise<string>): Promise<string | undefined> {
  // Node 22.15 and later; the only way to the keychain of macOS and the store of Windows.
  const { getCACertificates } = tls as { getCACertificates?: (kind: 'system') => string[] };
  const known = getCACertificates?.('system') ?? [];
  if (known.length > 0) return known.join('\n');
  for (const path of BUNDLES) {
    const text = await readFile(path).catch(() => '');
    if (text !== '') return text;
  }
  return undefined;
}

async function readNamed(path: string, readFile: (path: string) => Promise<string>): Promise<string> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new GprxyError(`the upstream cannot be used: SSL_CERT_FILE "${path}" cannot be read (${reason})`, {
      code: 'ERR_UPSTREAM_DSN',
      hint: 'Correct SSL_CERT_FILE or unset it, or name a file in sslrootcert of "upstream".',
      cause,
    });
  }
}
