import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostAndPort } from '../config/listen-address.ts';
import type { Check } from './readiness.ts';

export interface AdminOptions {
  readonly address: HostAndPort;
  /** Has the gateway been able to work, ever? */
  readonly startup: () => boolean;
  /** Should it get new connections now? */
  readonly readiness: () => Promise<readonly Check[]>;
  readonly isDraining: () => boolean;
}

export interface Admin {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

interface Answer {
  readonly status: 200 | 404 | 405 | 503;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Three questions, for three different consequences: not started yet (wait), not ready (send others elsewhere), not
 * alive (restart). That a database or a provider is down is no reason to restart the gateway.
 */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const server = createServer({ requestTimeout: 5_000 }, (request, response) => {
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

async function answerTo({ method, url }: IncomingMessage, options: AdminOptions): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: { error: 'GET only' } };
  switch (url?.split('?', 1)[0]) {
    case '/startup':
      return verdict(options.startup(), {});
    case '/liveness':
      return verdict(true, {});
    case '/readiness': {
      const checks = await options.readiness();
      const draining = options.isDraining();
      return verdict(!draining && checks.every(({ ok }) => ok), { draining, checks });
    }
    default:
      return { status: 404, body: { error: 'there are /startup, /readiness and /liveness' } };
  }
}

function verdict(ok: boolean, more: Readonly<Record<string, unknown>>): Answer {
  return { status: ok ? 200 : 503, body: { status: ok ? 'ok' : 'failed', ...more } };
}

function send({ method }: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(method === 'HEAD' ? undefined : text);
}
