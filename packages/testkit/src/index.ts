export {
  type CertificateAuthority,
  type CertificateRequest,
  createCertificateAuthority,
  type IssuedCertificate,
} from './certificates.ts';
export { freePort } from './free-port.ts';
export { leash, leaveTask } from './janitor.ts';
export type { PostgresVersion } from './postgres/binaries.ts';
export { DEFAULT_HBA, DEFAULT_IDENT } from './postgres/cluster.ts';
export { type PostgresOptions, startPostgres } from './postgres/start-postgres.ts';
export type { TestPostgres } from './postgres/test-postgres.ts';
export { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
