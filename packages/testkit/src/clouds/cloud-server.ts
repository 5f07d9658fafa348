import type { IncomingMessage } from 'node:http';
import type { IssuedCertificate } from '../certificates.ts';
import { startWebServer } from '../oidc/web-server.ts';

/** What a cloud's endpoint has been asked. */
export interface CloudRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface CloudAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body: object | string;
}

/** A cloud's endpoint on loopback, and how a program is made to ask it. */
export interface FakeCloud extends AsyncDisposable {
  /** Environment variables by which the vendor's SDK finds this endpoint rather than the cloud's. */
  readonly env: Readonly<Record<string, string>>;
  /** `GET /path`, oldest first. */
  readonly requests: readonly string[];
  /** From now on answers this in the place of a credential; `undefined`: as it should. */
  failWith(answer: CloudAnswer | undefined): void;
}

/** `answer` gives `undefined` for what the endpoint does not know. */
export async function startCloudServer(
  env: (origin: string) => Readonly<Record<string, string>>,
  answer: (request: CloudRequest) => CloudAnswer | undefined,
  tls?: IssuedCertificate,
): Promise<FakeCloud> {
  const requests: string[] = [];
  let failure: CloudAnswer | undefined;
  const server = await startWebServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
    const { method = 'GET', headers } = incoming;
    requests.push(`${method} ${url.pathname}`);
    const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
    const found = failure ?? answer(request) ?? { status: 404, body: 'no such thing here' };
    const isJson = typeof found.body === 'object';
    const type = isJson ? { 'content-type': 'application/json' } : {};
    response.writeHead(found.status ?? 200, { ...type, ...found.headers });
    response.end(isJson ? JSON.stringify(found.body) : found.body);
  }, tls);
  return {
    env: env(tls === undefined ? `http://127.0.0.1:${server.port}` : `https://localhost:${server.port}`),
    requests,
    failWith: (instead) => {
      failure = instead;
    },
    [Symbol.asyncDispose]: () => server.pause(),
  };
}
