import type { CancelTarget } from '../cancel-registry.ts';
import type { FrontendKey } from '../wire/cancel-key.ts';
import type { ErrorFields } from '../wire/error-response.ts';
import type { StartupMessage } from '../wire/startup-packet.ts';
import type { MessageChannel } from './message-channel.ts';
import type { ClientTls } from './negotiate-tls.ts';
import type { RelayOutcome } from './relay.ts';
import type { UpstreamSession } from './upstream-login.ts';

/** A client that has said what it wants. */
export interface ClientConnection {
  readonly sessionId: string;
  /** See connectionIdOf(); absent without TLS. */
  readonly connectionId?: string | undefined;
  readonly channel: MessageChannel;
  readonly startup: StartupMessage;
  /** What is spoken with this client: 3.0 to 3.2. */
  readonly protocolVersion: number;
  readonly encrypted: boolean;
  readonly peer: Peer;
  /**
   * Tells the client something before its login is through; only once it has authenticated, because it learns that first. What
   * goes wrong afterwards is told as ever.
   */
  notify(notice: ErrorFields): void;
}

/** Both ends of the client's TCP connection; all absent on a Unix socket. */
export interface Peer {
  readonly address?: string;
  readonly port?: number;
  readonly localAddress?: string;
  readonly localPort?: number;
}

/** What the sidecar and the gateway do differently. Everything else about a session is the same. */
export interface SessionPolicy<Who> {
  readonly clientTls: ClientTls;
  /** From accept until the client has authenticated. */
  readonly authenticationTimeoutMs: number;
  /** Finds out who the client is, asking over `connection.channel` if need be; AuthenticationOk is not its to send. */
  authenticate(connection: ClientConnection, signal: AbortSignal): Promise<Who>;
  connectUpstream(who: Who, connection: ClientConnection, signal: AbortSignal): Promise<UpstreamSession>;
  /** The key that the client gets, and cancels with. `undefined`: it gets none and cannot cancel. */
  frontendKeyFor(upstream: UpstreamSession, connection: ClientConnection): FrontendKey | undefined;
  readonly events: SessionEvents<Who>;
}

/** Told what happens; each at most once a connection. */
export interface SessionEvents<Who> {
  /** Before the client learns that it is in. A rejection (an audit record that cannot be written) refuses the client. */
  ready?(session: { connection: ClientConnection; who: Who; upstream: UpstreamSession }): void | Promise<void>;
  /** For every connection but those that hung up before they asked for anything, and cancels. */
  end?(end: SessionEnd<Who>): void;
  cancel?(outcome: CancelOutcome): void;
}

/** Where a session stood when it ended. */
export type SessionStage = 'startup' | 'authenticate' | 'upstream' | 'relay';

export interface SessionEnd<Who> {
  readonly stage: SessionStage;
  readonly peer: Peer;
  readonly connection?: ClientConnection;
  readonly who?: Who;
  readonly upstream?: UpstreamSession;
  readonly endedBy: RelayOutcome['endedBy'];
  /** Absent when somebody simply hung up. */
  readonly error?: unknown;
  readonly bytesFromClient: number;
  readonly bytesFromUpstream: number;
  readonly durationMs: number;
}

export interface CancelOutcome {
  readonly peer: Peer;
  readonly key: FrontendKey;
  /** Absent: no session has this key, and nothing was sent. */
  readonly target?: CancelTarget;
  readonly error?: unknown;
}

/** The listener's part in a session. A connection that only brings a cancel asks for nothing. */
export interface Admission {
  /** The client has said what it wants. Throws what it is to be told (53300, 57P03) when there is no place for it. */
  check(): void;
  /** As `check`, and takes the place until the connection ends: not before it is known whose it is. */
  enter(): void;
}

/** What is known of a connection so far: the steps fill it in, the close reports from it. */
export interface SessionRecord<Who> {
  stage: SessionStage;
  readonly peer: Peer;
  /** The client's, replaced by the encrypted one after TLS. */
  channel: MessageChannel;
  connection?: ClientConnection;
  who?: Who;
  upstream?: UpstreamSession;
  /** Takes the client's key out of the cancel registry. */
  withdrawKey?: (() => void) | undefined;
  outcome?: RelayOutcome;
  error?: unknown;
}
