import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { int32, packet, readPacket } from './packets.ts';
import type { OdysseyRule } from './rule.ts';
import { type Refusal, scram } from './scram.ts';

const incorrectPassword = { code: '28P01', message: 'incorrect password' };

/**
 * Asks a client for what the rule wants. PAM, LDAP and modules are `clear_text` that somebody else judges: what comes over the
 * wire is the same.
 */
export async function authenticate(
  socket: Socket,
  rule: OdysseyRule,
  certificate: Buffer,
  database: string,
): Promise<Refusal> {
  const { user, password } = rule;
  switch (rule.authentication) {
    case 'none':
      return undefined;
    case 'block':
      return { code: '28000', message: `user blocked: ${database} ${user}` };
    case 'cert':
      return commonNameOf(socket) === user
        ? undefined
        : { code: '28P01', message: 'TLS certificate common name mismatch' };
    case 'scram-sha-256':
      return scram(socket, password, certificate);
    case 'clear_text':
      return compare(socket, packet('R', int32(3)), password);
    case 'md5': {
      const salt = randomBytes(4);
      const md5 = (...parts: (string | Buffer)[]) =>
        parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest('hex');
      return compare(socket, packet('R', int32(5), salt), `md5${md5(md5(password, user), salt)}`);
    }
  }
}

/** A PasswordMessage may be there already. Whatever else comes before it is dropped. */
async function compare(socket: Socket, request: Buffer, wanted: string): Promise<Refusal> {
  socket.write(request);
  for (;;) {
    const message = await readPacket(socket);
    if (!message) return 'gone';
    if (message.type === 'p') return message.body.equals(Buffer.from(`${wanted}\0`)) ? undefined : incorrectPassword;
  }
}

function commonNameOf(socket: Socket): unknown {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject.CN : undefined;
}
