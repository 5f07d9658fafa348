import { createSecureContext, type SecureContext } from 'node:tls';
import type { UpstreamTls } from './connect-upstream-socket.ts';

// Parsing certificates takes longer than a login on loopback: each set of them is parsed once.
const contexts = new WeakMap<UpstreamTls, Map<string | undefined, SecureContext>>();

/** @param groups for the key exchange, OpenSSL's way; a key share is sent along for the first of them. Default: OpenSSL's own. */
export function secureContextOf(tls: UpstreamTls, groups?: string): SecureContext {
  const known = contexts.get(tls) ?? new Map<string | undefined, SecureContext>();
  contexts.set(tls, known);
  const context = known.get(groups) ?? createContext(tls, groups);
  known.set(groups, context);
  return context;
}

function createContext({ ca, cert, key }: UpstreamTls, groups: string | undefined): SecureContext {
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ...(groups === undefined ? {} : { ecdhCurve: groups }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
}
