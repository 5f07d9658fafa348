import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CredentialError } from '../errors.ts';
import type { RedirectAddress } from './redirect-address.ts';
import { pageHeaders, type ResultPage, resultPage } from './result-page.ts';

export interface LoopbackRedirect {
  /** With the port. */
  readonly redirectUri: string;
  /** The one request that ends the login. Everything else gets an error page, and the login goes on. */
  readonly arrival: Promise<Arrival>;
  close(): Promise<void>;
}

export interface Arrival {
  /** With everything that the provider said. */
  readonly url: URL;
  /** Shows how it ended; resolves when the page is on its way, or the browser gone. */
  answer(page: ResultPage): Promise<void>;
}

const attempts = 8;
const limits = { requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 1, maxHeaderSize: 65_536 };

/**
 * Listens where the provider will send the browser to. The port is open to every program and every web page of this
 * machine, so a request counts only by GET, at this path, under this host name (a page elsewhere may have its own name
 * resolve to 127.0.0.1), and with the `state` of this login.
 */
export async function listenForRedirect(address: RedirectAddress, state: string): Promise<LoopbackRedirect> {
  let arrive: (arrival: Arrival) => void = () => {};
  const arrival = new Promise<Arrival>((resolve) => {
    arrive = resolve;
  });
  let arrived = false;
  const place = { host: address.host, path: address.path, port: 0 };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const url = requestedUrl(request, place);
    const refusal = url === undefined ? refusals.elsewhere : refusalOf(request, url, place, state, arrived);
    if (url === undefined || refusal !== undefined) return void respond(response, refusal ?? refusals.elsewhere);
    arrived = true;
    arrive({ url, answer: (page) => respond(response, page) });
  };
  const servers = await listenAll(address, listener);
  place.port = portOf(servers[0]);
  return {
    redirectUri: `http://${address.host}:${place.port}${address.path}`,
    arrival,
    close: async () => void (await Promise.all(servers.map(stop))),
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

interface Place {
  host: string;
  path: string;
  port: number;
}

/** By the Host header, as browsers wrote it; undefined where it names another place. */
function requestedUrl({ url, headersDistinct }: IncomingMessage, { host, port }: Place): URL | undefined {
  const [named, ...more] = headersDistinct.host ?? [];
  const isOurs = named?.toLowerCase() === `${host}:${port}` && more.length === 0;
  if (!isOurs || url === undefined || !url.startsWith('/')) return undefined;
  const text = `http://${host}:${port}${url}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

const refusals = {
  elsewhere: { status: 421, kind: 'failed', title: 'Not here', text: 'This address belongs to gprxy.' },
  method: { status: 405, kind: 'failed', title: 'Not like this', text: 'Only GET ends a login.' },
  path: {
    status: 404,
    kind: 'failed',
    title: 'Nothing here',
    text: 'This page belongs to gprxy and waits for a login.',
  },
  state: {
    status: 400,
    kind: 'failed',
    title: 'Not this login',
    text: 'This page does not belong to the login that is under way, which goes on. Start it from your terminal again if you did mean it.',
  },
  again: {
    status: 410,
    kind: 'failed',
    title: 'Already done',
    text: 'This login has already come back. See your terminal.',
  },
} as const satisfies Record<string, ResultPage>;

function refusalOf(
  request: IncomingMessage,
  url: URL,
  place: Place,
  state: string,
  arrived: boolean,
): ResultPage | undefined {
  if (url.pathname !== place.path) return refusals.path;
  if (request.method !== 'GET') return refusals.method;
  const states = url.searchParams.getAll('state');
  if (states.length !== 1 || states[0] !== state) return refusals.state;
  return arrived ? refusals.again : undefined;
}

function respond(response: ServerResponse, page: ResultPage): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.writeHead(page.status, { ...pageHeaders(), ...(page.status === 405 && { allow: 'GET' }) });
    response.end(resultPage(page));
  });
}

/** All addresses at one port: where somebody else has it at one of them, the browser might go there. */
async function listenAll(address: RedirectAddress, listener: Listener): Promise<Server[]> {
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = [];
    try {
      for (const host of address.listenAt) {
        const server = await listen(listener, host, servers.length === 0 ? address.port : portOf(servers[0]));
        if (server !== undefined) servers.push(server);
      }
      return servers;
    } catch (error) {
      await Promise.all(servers.map(stop));
      if (attempt < attempts && address.port === 0 && codeOf(error) === 'EADDRINUSE') continue;
      throw cannotListen(address, codeOf(error));
    }
  }
}

/** `undefined` where this machine has no such address. */
async function listen(listener: Listener, host: string, port: number): Promise<Server | undefined> {
  const { createServer } = await import('node:http');
  const server = createServer(limits, listener);
  server.maxConnections = 64;
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (host === '::1' && /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(codeOf(error))) resolve(undefined);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function portOf(server: Server | undefined): number {
  return (server?.address() as AddressInfo | undefined)?.port ?? 0;
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error');
}

function cannotListen({ host, port }: RedirectAddress, code: string): CredentialError {
  const where = port === 0 ? host : `${host}:${port}`;
  return new CredentialError('ERR_SOURCE_FAILED', `cannot listen at ${where} for the browser to come back (${code})`, {
    hint: 'End what uses the port of redirect_uri, or run "gprxy login --device".',
  });
}
