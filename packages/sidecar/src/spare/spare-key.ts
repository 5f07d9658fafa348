import { createHash } from 'node:crypto';
import { type AnyUpstreamLogin, encodeStartupMessage } from '@gprxy/proxy-core';

/** What a client asks for, and what it is asked for with. */
export interface WantedSession {
  readonly login: AnyUpstreamLogin;
  /** The token, or the password. */
  readonly secret: string;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/**
 * Equal for clients to whom the server would say the same: the very StartupMessage that it would get. Not less: what is given at
 * start-up is what RESET and DISCARD ALL return to, so a parameter that differs cannot be made up for by SET.
 */
export function startupKey({ login }: WantedSession): string {
  return encodeStartupMessage(login.protocolVersion, login.parameters).toString('latin1');
}

/** Tells secrets apart without keeping one more copy of them. */
export function secretKey(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
