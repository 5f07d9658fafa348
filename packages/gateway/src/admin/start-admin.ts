import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostAndPort } from '../config/listen-address.ts';
import { hasBody, isForLoopback } from './loopback-request.ts';
import type { Readiness } from './readiness.ts';

export interface AdminOptions {
  readonly address: HostAndPort;
  /** Has the gateway been able to work, ever? */
  readonly startup: () => boolean;
  /** Should it get new connections now? */
  readonly readiness: () => Promise<Readiness>;
  readonly isDraining: () => boolean;
}

export interface Admin {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

interface Answer {
  readonly status: 200 | 403 | 404 | 405 | 413 | 503;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Probes are few and small: whoever sends more is none. */
const LIMITS = {
  maxHeaderSize: 4_096,
  requestTimeout: 5_000,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 64;

/**
 * Three questions, for three different consequences: not started yet (wait), not ready (send others elsewhere), not
 * alive (restart). That a database or a provider is down is no reason to restart the gateway.
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const server = createAdminServer((request, response) => {
    answerTo(request, options).then(
      (answer) => send(request, response, answer),
      () => send(request, response, { status: 503, body: { status: 'failed' } }),
    );
  });
  server.listen(options.address.port, options.address.host);
  await once(server, 'listening');
  return {
    address: server.address() as AddressInfo,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function createAdminServer(listener: RequestListener): Server {
  const server = createServer(LIMITS, listener);
  server.maxConnections = MAX_CONNECTIONS;
  // Whoever asks first whether the body is welcome gets the answer that it is not.
  server.on('checkContinue', listener);
  return server;
}

async function answerTo({ method, url, headers }: IncomingMessage, options: AdminOptions): Promise<Answer> {
  if (!isForLoopback(headers)) return { status: 403, body: { error: 'the Host header is not of this machine' } };
  const question = QUESTIONS[url?.split('?', 1)[0] ?? ''];
  if (!question) return { status: 404, body: { error: `there are ${Object.keys(QUESTIONS).join(', ')}` } };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: { error: 'GET only' } };
  if (hasBody(headers)) return { status: 413, body: { error: 'no body is expected' } };
  return question(options);
}

const QUESTIONS: Readonly<Record<string, (options: AdminOptions) => Answer | Promise<Answer>>> = {
  '/startup': ({ startup }) => verdict(startup()),
  '/readiness': async ({ readiness, isDraining }) => {
    const { ready, checks } = await readiness();
    const draining = isDraining();
    return verdict(ready && !draining, { draining, checks });
  },
  // That there is an answer is the answer: an event loop that is stuck gives none.
  '/liveness': () => verdict(true),
};

function verdict(ok: boolean, more: Readonly<Record<string, unknown>> = {}): Answer {
  return { status: ok ? 200 : 503, body: { status: ok ? 'ok' : 'failed', ...more } };
}

function send({ method, headers }: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(status === 405 && { allow: 'GET, HEAD' }),
    // What is left of a body is not read.
    ...(hasBody(headers) && { connection: 'close' }),
  });
  response.end(method === 'HEAD' ? undefined : text);
}
