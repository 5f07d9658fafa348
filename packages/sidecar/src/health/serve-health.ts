import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SidecarStatus } from '../control/status.ts';
import { hasBody, isForLoopback } from './loopback-request.ts';
import { readinessOf } from './readiness.ts';

export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  status(): SidecarStatus;
  metrics(): Promise<string>;
}

export interface HealthServer {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

interface Answer {
  readonly code: number;
  readonly body: object | string;
}

const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Probes are few and small: whoever sends more is none. */
const LIMITS = {
  maxHeaderSize: 4_096,
  requestTimeout: 5_000,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 64;

/**
 * `/startup`, `/readiness`, `/liveness` and `/metrics` for whoever watches over the sidecar: not started yet (wait), not ready (send
 * others elsewhere), not alive (restart). Nothing can be changed here. Rejects with the error of bind(2).
 */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const server = createServer(LIMITS, (request, response) => {
    answerTo(request, options).then(
      (answer) => send(request, response, answer),
      () => send(request, response, { code: 503, body: { status: 'failed' } }),
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', (_, socket) => socket.destroy());
  server.on('upgrade', (_, socket) => socket.destroy());
  server.on('checkContinue', (_, response) => send({ method: 'GET' }, response, NO_BODY));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  // Of accept(2), for want of descriptors: whoever asked can ask again.
  server.on('error', () => {});
  return { address: server.address() as AddressInfo, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

const NO_BODY: Answer = { code: 413, body: { error: 'no body is expected' } };

async function answerTo({ method, url, headers }: IncomingMessage, options: HealthOptions): Promise<Answer> {
  if (!isForLoopback(headers)) return { code: 403, body: { error: 'the Host header is not of this machine' } };
  const question = QUESTIONS.get(url?.split('?', 1)[0] ?? '');
  if (!question) return { code: 404, body: { error: `there are ${[...QUESTIONS.keys()].join(', ')}` } };
  if (method !== 'GET' && method !== 'HEAD') return { code: 405, body: { error: 'GET only' } };
  if (hasBody(headers)) return NO_BODY;
  return question(options);
}

const QUESTIONS = new Map<string, (options: HealthOptions) => Answer | Promise<Answer>>([
  ['/startup', ({ status }) => verdict(status().state !== 'starting')],
  [
    '/readiness',
    ({ status }) => {
      const { ready, ...more } = readinessOf(status());
      return verdict(ready, more);
    },
  ],
  // That there is an answer is the answer: an event loop that is stuck gives none.
  ['/liveness', () => verdict(true)],
  ['/metrics', async ({ metrics }) => ({ code: 200, body: await metrics() })],
]);

function verdict(ok: boolean, more: object = {}): Answer {
  return { code: ok ? 200 : 503, body: { status: ok ? 'ok' : 'failed', ...more } };
}

function send({ method }: Pick<IncomingMessage, 'method'>, response: ServerResponse, { code, body }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(code, {
    'content-type': isText ? METRICS_CONTENT_TYPE : 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(code === 405 && { allow: 'GET, HEAD' }),
    // What is left of a body is not read.
    ...(code === 413 && { connection: 'close' }),
  });
  response.end(method === 'HEAD' ? undefined : isText ? body : `${JSON.stringify(body)}\n`);
}
