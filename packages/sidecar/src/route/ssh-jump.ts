import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Address, type Dial, dialTcp, type GprxyError } from '@gprxy/proxy-core';
import type { Client, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';
import { type KnownKey, knownKeys } from './known-hosts.ts';
import { type Hop, hopFailed, type Route } from './route.ts';

export interface SshJump extends Hop {
  /** Whom to log in as there. */
  readonly user: string;
  /** Path of the agent's socket, or `pageant`. */
  readonly agent?: string;
  /** PEM or OpenSSH text of a private key without a passphrase. */
  readonly privateKey?: string;
  /** Text of the known_hosts files. */
  knownHosts(): Promise<string>;
  /** Ends the SSH connection at once, whatever runs through it. */
  readonly closed?: AbortSignal;
}

/** The jump host is asked for a sign of life this often, and taken for lost after three that it misses. */
const KEEPALIVE_MS = 15_000;
const CONNECT_TIMEOUT_MS = 20_000;

/** An SSH connection that nothing runs through ends after this time. */
const IDLE_MS = 60_000;

/**
 * Each upstream connection is a channel (RFC 4254 section 7.2) of one SSH connection, which the first one opens, and which is
 * opened again when it was lost. The host key must be in known_hosts: nothing is learned, and nobody is asked.
 */
export function sshJumpRoute(jump: SshJump): Route {
  let connection: Promise<Client> | undefined;
  const connect = (): Promise<Client> => {
    const opening = openConnection(jump);
    const end = () => void opening.then((client) => client.end()).catch(() => {});
    jump.closed?.addEventListener('abort', end);
    const forget = () => {
      jump.closed?.removeEventListener('abort', end);
      if (connection === opening) connection = undefined;
    };
    opening.then((client) => client.once('close', forget), forget);
    return opening;
  };
  let open = 0;
  let idle: NodeJS.Timeout | undefined;
  const close = () => {
    connection?.then((client) => client.end()).catch(() => {});
    connection = undefined;
  };
  const released = () => {
    if (--open === 0) idle = setTimeout(close, IDLE_MS).unref();
  };
  const dial: Dial = (address, signal) => {
    clearTimeout(idle);
    open++;
    connection ??= connect();
    const channel = connection.then((client) => openChannel(client, jump, address));
    channel.then((socket) => socket.once('close', released), released);
    return unlessAborted(channel, signal);
  };
  return { dial, close };
}

/** Others wait for the same connection, so it goes on when one of them gives up; a channel that nobody waits for is closed. */
function unlessAborted(channel: Promise<Socket>, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      channel.then((unwanted) => unwanted.destroy()).catch(() => {});
      reject(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    const settled = () => signal.removeEventListener('abort', abort);
    channel.finally(settled).then(resolve, reject);
  });
}

async function openConnection(jump: SshJump): Promise<Client> {
  const known = knownKeys(await jump.knownHosts(), jump.host, jump.port);
  if (known.every(({ revoked }) => revoked)) throw unknownHost(jump);
  const [{ Client }, sock] = await Promise.all([import('ssh2'), dialJump(jump)]);
  const client = new Client();
  sock.once('end', () => sock.destroy()); // Half open it would be kept, and "close" not come.
  client.on('error', () => {}); // What matters of it comes by once() below, and later by "close".
  let stranger: GprxyError | undefined;
  const verifyHost = (key: Buffer) => {
    if (!isKnown(key, known)) stranger = changedHost(jump, key);
    return stranger === undefined;
  };
  try {
    client.connect({
      ...loginOf(jump),
      sock,
      hostVerifier: verifyHost,
      algorithms: { serverHostKey: algorithmsFor(known) },
    });
    await Promise.race([once(client, 'ready'), hungUp(client)]);
  } catch (cause) {
    sock.destroy();
    throw stranger ?? notLoggedIn(jump, cause as Error);
  }
  return client;
}

/** Rejects when the connection ends: between its first line and the login that is no "error" for ssh2, and its time limit ends with it. */
async function hungUp(client: Client): Promise<never> {
  await once(client, 'close');
  throw new Error('It closed the connection.');
}

function loginOf({ user, agent, privateKey }: SshJump): ConnectConfig {
  return {
    username: user,
    ...(agent !== undefined && { agent }),
    ...(privateKey !== undefined && { privateKey }),
    keepaliveInterval: KEEPALIVE_MS,
    readyTimeout: CONNECT_TIMEOUT_MS,
  };
}

async function dialJump(jump: SshJump): Promise<Socket> {
  try {
    return await dialTcp(jump, AbortSignal.timeout(CONNECT_TIMEOUT_MS));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const hint = 'Check "via" of the profile, and that the jump host is up.';
    throw hopFailed('could not connect to the SSH jump host', jump, { hint, detail: code ?? message, cause });
  }
}

/** ssh2's channel is a Duplex: all of a socket that TLS and the relay make use of. */
function openChannel(client: Client, jump: SshJump, { host, port }: Address): Promise<Socket> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (cause, channel) => {
      if (cause === undefined) return resolve(channel as unknown as Socket);
      const hint = `Check that ${host}:${port} can be reached from there, and that the jump host allows forwarding.`;
      reject(
        hopFailed(`no way to ${host}:${port} from the SSH jump host`, jump, { hint, detail: cause.message, cause }),
      );
    });
  });
}

/** Only such as known_hosts has a key for: a server that offers another first would look like a stranger. */
function algorithmsFor(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const types = known.filter(({ revoked }) => !revoked).map(({ type }) => type);
  return [...new Set(types)].flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type as ServerHostKeyAlgorithm],
  );
}

function isKnown(key: Buffer, known: readonly KnownKey[]): boolean {
  const matching = known.filter((each) => each.key.length === key.length && timingSafeEqual(each.key, key));
  return matching.length > 0 && matching.every(({ revoked }) => !revoked);
}

function unknownHost(jump: SshJump): GprxyError {
  const hint = `Run "ssh -p ${jump.port} ${jump.user}@${jump.host}" once, and compare the fingerprint that it shows.`;
  return hopFailed('known_hosts has no key of the SSH jump host', jump, { hint });
}

function changedHost(jump: SshJump, key: Buffer): GprxyError {
  const fingerprint = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return hopFailed('known_hosts has another key of the SSH jump host', jump, {
    detail: `It showed SHA256:${fingerprint}. Somebody may be in between; nothing was sent.`,
    hint: 'Ask its administrator whether the key has changed, before you change known_hosts.',
  });
}

function notLoggedIn(jump: SshJump, cause: Error): GprxyError {
  return hopFailed(`no login as ${jump.user} at the SSH jump host`, jump, {
    detail: cause.message,
    hint: 'Add the key to the agent with "ssh-add", or name it in "ssh_key_file". A key with a passphrase needs the agent.',
    cause,
  });
}
