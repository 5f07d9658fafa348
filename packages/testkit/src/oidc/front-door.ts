import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Endpoint, endpointOf } from './endpoints.ts';
import type { RequestListener } from './web-server.ts';

export interface CannedResponse {
  status: number;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** How long the provider takes for it. */
  afterMs?: number;
}

/** Stands before the provider: counts requests, and can answer instead of it or not at all. */
export class FrontDoor {
  readonly #counts = new Map<Endpoint, number>();
  readonly #canned = new Map<Endpoint, CannedResponse[]>();
  readonly #behind: () => RequestListener;
  #silent = false;
  #open = 0;
  #whenIdle: () => void = () => {};

  constructor(behind: () => RequestListener) {
    this.#behind = behind;
  }

  count(endpoint: Endpoint): number {
    return this.#counts.get(endpoint) ?? 0;
  }

  answerNext(endpoint: Endpoint, response: CannedResponse): void {
    this.#canned.set(endpoint, [...(this.#canned.get(endpoint) ?? []), response]);
  }

  /** While silent, requests are taken and never answered. */
  set silent(silent: boolean) {
    this.#silent = silent;
  }

  /** Resolves when nobody waits for an answer. */
  async idle(): Promise<void> {
    if (this.#open === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  readonly listener = (request: IncomingMessage, response: ServerResponse): void => {
    this.#open++;
    response.once('close', () => {
      if (--this.#open === 0) this.#whenIdle();
    });
    const endpoint = endpointOf(request.url ?? '/');
    this.#counts.set(endpoint, this.count(endpoint) + 1);
    if (this.#silent) return;
    const canned = this.#canned.get(endpoint)?.shift();
    if (canned) answer(response, canned);
    else this.#behind()(request, response);
  };
}

function answer(response: ServerResponse, { afterMs, ...canned }: CannedResponse): void {
  if (afterMs !== undefined) return void setTimeout(answer, afterMs, response, canned);
  const { status, body, headers } = canned;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
}
