import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type AccessToken, CredentialError, type CredentialErrorCode, type TokenSource } from '@gprxy/credentials';
import { decodeErrorFields, type ErrorFields, encodeStartupMessage, PROTOCOL_3_0 } from '@gprxy/proxy-core';
import { type Profile, type Sidecar, type SidecarOptions, startSidecar } from '@gprxy/sidecar';
import { onTestFinished } from 'vitest';
import { collectLog, testProfile } from '../packages/sidecar/src/config/profile.testing.ts';

export const CANARY = 'canary-token-that-must-not-leave';

const token: AccessToken = {
  token: CANARY,
  expiresAt: Date.UTC(2040, 0, 1),
  identity: { issuer: 'https://login.example', subject: 'u-1', email: 'alice@corp.example', claims: {} },
};
export const canaryTokens: TokenSource = { getToken: async () => token };
export const tokensOf = (text: string): TokenSource => ({ getToken: async () => ({ ...token, token: text }) });
export const noTokens = (code: CredentialErrorCode, message: string): TokenSource => ({
  getToken: () => Promise.reject(new CredentialError(code, message)),
});

export interface TestSidecar {
  readonly sidecar: Sidecar;
  /** Of the first listener; 0 on a Unix socket. */
  readonly port: number;
  /** What was logged: `{ level, message, ...fields }`. */
  readonly log: Array<Record<string, unknown>>;
}

/** A sidecar with one profile on a free port, closed when the test ends. */
export async function startTestSidecar(
  profile: Partial<Profile> & Pick<Profile, 'upstream'>,
  options: Partial<SidecarOptions> & { tokens?: TokenSource } = {},
): Promise<TestSidecar> {
  const { log, lines } = collectLog();
  const sidecar = await startSidecar({
    profiles: [testProfile({ drainTimeoutMs: 5_000, ...profile })],
    tokenSourceFor: () => options.tokens ?? canaryTokens,
    log,
    ...options,
  });
  onTestFinished(async () => void (await sidecar.close('the test is over', { drainTimeoutMs: 0 })));
  return { sidecar, port: sidecar.listeners[0]?.port ?? 0, log: lines };
}

/** An upstream that only counts who comes. */
export async function countingUpstream() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { upstream: `postgresql://localhost:${port}?connect_timeout=5`, connections: () => connections };
}

export const startupAs = (user: string, database = 'sales'): Buffer =>
  encodeStartupMessage(PROTOCOL_3_0, [
    ['user', user],
    ['database', database],
  ]);

/** Sends bytes as they are, and gives back all that came until the other side closed, and how long that took. */
export async function sendRaw(to: { port: number } | { path: string }, ...bytes: Buffer[]) {
  const socket = await dial(to);
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  const startedAt = performance.now();
  for (const part of bytes) socket.write(part);
  await once(socket, 'close');
  return { answer: Buffer.concat(received), elapsedMs: performance.now() - startedAt };
}

async function dial(to: { port: number } | { path: string }): Promise<Socket> {
  const socket = 'path' in to ? connect(to.path) : connect({ ...to, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** The ErrorResponse that `answer` consists of. */
export function errorIn(answer: Buffer): ErrorFields {
  if (answer.toString('latin1', 0, 1) !== 'E')
    throw new Error(`no ErrorResponse: ${JSON.stringify(answer.toString())}`);
  return decodeErrorFields(answer.subarray(5));
}
