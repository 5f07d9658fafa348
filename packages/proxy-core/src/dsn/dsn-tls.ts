import type { TlsMode } from '../session/connect-upstream-socket.ts';
import { invalidDsn } from './invalid-dsn.ts';

export interface DsnTls {
  mode: TlsMode;
  negotiation: 'postgres' | 'direct';
  /** Absent: the authorities that the system trusts. */
  rootCertFile?: string;
  certFile?: string;
  keyFile?: string;
}

/** Reads the `ssl...` parameters. Combinations that would protect less than they seem to are errors. */
export function parseDsnTls(parameters: ReadonlyMap<string, string>): DsnTls {
  const mode = parseMode(parameters.get('sslmode') ?? 'verify-full');
  const negotiation = parseNegotiation(parameters.get('sslnegotiation') ?? 'postgres', mode);
  const rootCertFile = parseRootCert(parameters.get('sslrootcert'), mode);
  const clientCertificate = parseClientCertificate(parameters.get('sslcert'), parameters.get('sslkey'), mode);
  return { mode, negotiation, ...(rootCertFile && { rootCertFile }), ...clientCertificate };
}

function parseMode(mode: string): TlsMode {
  switch (mode) {
    case 'disable':
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return mode;
    case 'allow':
    case 'prefer':
      throw invalidDsn(
        `sslmode=${mode} goes on without encryption when somebody on the way says so`,
        'Use sslmode=verify-full, or sslmode=disable where the network is trusted.',
      );
    default:
      throw invalidDsn('sslmode is none of disable, require, verify-ca, verify-full');
  }
}

function parseNegotiation(negotiation: string, mode: TlsMode): 'postgres' | 'direct' {
  if (negotiation !== 'postgres' && negotiation !== 'direct') {
    throw invalidDsn('sslnegotiation is neither postgres nor direct');
  }
  if (negotiation === 'direct' && mode === 'disable') {
    throw invalidDsn('sslnegotiation=direct contradicts sslmode=disable');
  }
  return negotiation;
}

/** `system` is libpq's name for the authorities of the system, which we take anyway when no file is named. */
function parseRootCert(file: string | undefined, mode: TlsMode): string | undefined {
  const rootCertFile = file === 'system' || file === '' ? undefined : file;
  if (mode === 'verify-ca' && !rootCertFile) {
    throw invalidDsn(
      'sslmode=verify-ca without sslrootcert would trust every server that has a public certificate',
      'Use sslmode=verify-full, or name the file of your own authority in sslrootcert.',
    );
  }
  if (file && (mode === 'disable' || mode === 'require')) {
    throw invalidDsn(`sslrootcert has no effect with sslmode=${mode}`, 'Use sslmode=verify-full.');
  }
  return rootCertFile;
}

function parseClientCertificate(certFile = '', keyFile = '', mode: TlsMode): Pick<DsnTls, 'certFile' | 'keyFile'> {
  if (certFile === '' && keyFile === '') return {};
  if (certFile === '' || keyFile === '') throw invalidDsn('of sslcert and sslkey only one is given');
  if (mode === 'disable') throw invalidDsn('sslcert has no effect with sslmode=disable');
  return { certFile, keyFile };
}
