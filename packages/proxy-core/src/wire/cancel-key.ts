import { ProtocolError } from '../errors.ts';

declare const frontend: unique symbol;
declare const backend: unique symbol;

/** What BackendKeyData hands out and CancelRequest brings back. */
export interface CancelKey {
  readonly pid: number;
  /** 4 bytes in protocol 3.0, 4 to 256 in 3.2. Whoever holds it can cancel the session's statements. */
  readonly secret: Buffer;
}
/** A key that a client holds: it names a session of this proxy. */
export type FrontendKey = CancelKey & { readonly [frontend]: true };
/** A key that this proxy holds: it names a process of the server. */
export type BackendKey = CancelKey & { readonly [backend]: true };

/** @throws {ProtocolError} for a secret that is not 4 to 256 bytes long */
export function frontendKey(pid: number, secret: Buffer): FrontendKey {
  return cancelKey(pid, secret) as FrontendKey;
}

/** @throws {ProtocolError} for a secret that is not 4 to 256 bytes long */
export function backendKey(pid: number, secret: Buffer): BackendKey {
  return cancelKey(pid, secret) as BackendKey;
}

function cancelKey(pid: number, secret: Buffer): CancelKey {
  if (secret.length < 4 || secret.length > 256) throw new ProtocolError('invalid length of cancel key');
  // Not enumerable: a key that ends up in a log record or an inspected object shows its pid only. The copy lets go of
  // the network buffer that the secret was read from.
  return Object.defineProperty({ pid } as CancelKey, 'secret', { value: Buffer.from(secret), enumerable: false });
}
