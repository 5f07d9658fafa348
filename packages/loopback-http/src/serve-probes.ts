import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasBody, isForLoopback } from './loopback-request.ts';
import { type LoopbackServer, serveLoopback } from './serve-loopback.ts';

interface Answer {
  readonly code: 200 | 403 | 404 | 405 | 413 | 503;
  /** Text is metrics. */
  readonly body: object | string;
}

/** What one path answers. One that rejects counts as 503. */
export type Probe = () => Answer | Promise<Answer>;

interface ProbesOptions {
  readonly host: string;
  readonly port: number;
  /** By path, such as `/readiness`. */
  readonly probes: ReadonlyMap<string, Probe>;
}

const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const MAX_HEADER_BYTES = 4_096;

/** Answers whoever watches over a program: GET only, without a body, and nothing can be changed. Rejects with the error of bind(2). */
export function serveProbes({ host, port, probes }: ProbesOptions): Promise<LoopbackServer> {
  return serveLoopback({
    ...{ host, port, maxHeaderBytes: MAX_HEADER_BYTES },
    listener: (request, response) => {
      answerTo(request, probes).then(
        (answer) => send(request, response, answer),
        () => send(request, response, verdict(false)),
      );
    },
  });
}

export function verdict(ok: boolean, more: object = {}): Answer {
  return { code: ok ? 200 : 503, body: { status: ok ? 'ok' : 'failed', ...more } };
}

async function answerTo({ method, url, headers }: IncomingMessage, probes: ProbesOptions['probes']): Promise<Answer> {
  if (!isForLoopback(headers)) return { code: 403, body: { error: 'the Host header is not of this machine' } };
  const probe = probes.get(url?.split('?', 1)[0] ?? '');
  if (!probe) return { code: 404, body: { error: `there are ${[...probes.keys()].join(', ')}` } };
  if (method !== 'GET' && method !== 'HEAD') return { code: 405, body: { error: 'GET only' } };
  if (hasBody(headers)) return { code: 413, body: { error: 'no body is expected' } };
  return probe();
}

function send({ method, headers }: IncomingMessage, response: ServerResponse, { code, body }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(code, {
    'content-type': isText ? METRICS_CONTENT_TYPE : 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(code === 405 && { allow: 'GET, HEAD' }),
    // What is left of a body is not read.
    ...(hasBody(headers) && { connection: 'close' }),
  });
  response.end(method === 'HEAD' ? undefined : isText ? body : `${JSON.stringify(body)}\n`);
}
