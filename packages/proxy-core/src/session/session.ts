import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { CancelRegistry } from '../cancel-registry.ts';
import { answerCancel } from '../forward-cancel.ts';
import { encodeNegotiateProtocolVersion } from '../wire/backend-messages.ts';
import type { ErrorFields } from '../wire/error-response.ts';
import { negotiateVersion } from '../wire/startup-packet.ts';
import { closeSession } from './close.ts';
import { authenticationTooSlow } from './connection-errors.ts';
import { connectionIdOf } from './connection-id.ts';
import { Lifetime } from './lifetime.ts';
import { MessageChannel } from './message-channel.ts';
import { type OpenedStartup, readStartup } from './read-startup.ts';
import { relay } from './relay.ts';
import type { Admission, ClientConnection, Peer, SessionPolicy, SessionRecord } from './session-policy.ts';
import { Welcome } from './welcome.ts';

/**
 * One client connection from accept to close: the table of contents, each step in a file of its own.
 * Never rejects; how it ended goes to `policy.events`. `signal` ends it, its reason being the client's last words.
 */
export async function runSession<Who>(
  socket: Socket,
  policy: SessionPolicy<Who>,
  cancels: CancelRegistry,
  signal: AbortSignal,
  admission: Admission = { check() {}, enter() {} },
): Promise<void> {
  const lifetime = new Lifetime(socket, signal, policy.authenticationTimeoutMs, authenticationTooSlow);
  const record: SessionRecord<Who> = { stage: 'startup', peer: peerOf(socket), channel: new MessageChannel(socket) };
  const startedAt = performance.now();
  try {
    const opening = await readStartup(record, policy.clientTls, lifetime.signal);
    if (opening.kind === 'nothing') return;
    if (opening.kind === 'cancel') {
      // Whoever sent it need not wait for it.
      lifetime.endWatch();
      return await answerCancel(opening.key, record.peer, cancels, policy.events, lifetime.signal);
    }

    record.stage = 'authenticate';
    const welcome = new Welcome(opening.channel);
    const connection = introduce(opening, record.peer, welcome);
    record.connection = connection;
    lifetime.watchEnd(connection.channel.socket);
    admission.check();
    const who = await policy.authenticate(connection, lifetime.signal);
    record.who = who;
    admission.enter();
    lifetime.endDeadline();

    record.stage = 'upstream';
    const upstream = await policy.connectUpstream(who, connection, lifetime.signal);
    record.upstream = upstream;
    const key = policy.frontendKeyFor(upstream, connection);
    record.withdrawKey = key && cancels.register(key, { ...upstream, sessionId: connection.sessionId });
    await policy.events.ready?.({ connection, who, upstream });

    record.stage = 'relay';
    welcome.finish(upstream, key);
    lifetime.endWatch();
    record.outcome = await relay(connection.channel.release(), upstream.channel.release(), lifetime.signal);
  } catch (error) {
    record.error = error;
  } finally {
    lifetime.end();
    await closeSession(record, performance.now() - startedAt, policy.events);
  }
}

/** The version is settled at once, where PostgreSQL does it: before anything is asked of the client. */
function introduce({ channel, startup, encrypted }: OpenedStartup, peer: Peer, welcome: Welcome): ClientConnection {
  const { protocolVersion, unrecognized, negotiate } = negotiateVersion(startup);
  if (negotiate) channel.write(encodeNegotiateProtocolVersion(protocolVersion, unrecognized));
  const notify = (notice: ErrorFields) => welcome.notify(notice);
  const connectionId = connectionIdOf(channel.socket);
  return { sessionId: randomUUID(), connectionId, channel, startup, protocolVersion, encrypted, peer, notify };
}

function peerOf(socket: Socket): Peer {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return {
    ...(remoteAddress === undefined ? {} : { address: remoteAddress }),
    ...(remotePort === undefined ? {} : { port: remotePort }),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
  };
}
