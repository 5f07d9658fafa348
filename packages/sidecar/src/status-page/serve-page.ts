import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hasBody } from '../health/loopback-request.ts';
import { OneTimeLinks } from './one-time-links.ts';
import { closedDoor, headersOf, json, ownFiles, type PageAnswer, statusPage, welcome } from './page-answers.ts';
import { isOwnChange, refusalOf } from './page-request.ts';
import { PageVisits } from './page-visits.ts';

export interface PageOptions {
  /** What the page shows, as JSON. */
  view(): object;
  /** False where nobody can sign in to that. */
  signIn(profile: string): boolean;
  /** Whether the other end is a program of our own user; undefined where the system does not say. */
  readonly isOwnUser: ((socket: Socket) => Promise<boolean>) | undefined;
  readonly now: () => number;
}

export interface ServedPage {
  /** `http://127.0.0.1:PORT/open/...`, for one visit within two minutes. */
  link(): string;
  close(): Promise<void>;
}

const LIMITS = {
  maxHeaderSize: 16_384,
  requestTimeout: 5_000,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 64;

/** Serves the status page on a free port of 127.0.0.1, to browsers that come by a link of ours. Rejects with the error of bind(2). */
export async function servePage(options: PageOptions): Promise<ServedPage> {
  const links = new OneTimeLinks(options.now);
  const visits = new PageVisits(options.now);
  const admitted = new WeakMap<Socket, Promise<boolean>>();
  let ownHost = '';
  const server = createServer(LIMITS, async (request, response) => {
    if (!(await admitted.get(request.socket))) return;
    send(request, response, answerTo(request, { ...options, links, visits, ownHost }));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket: Socket) => admitted.set(socket, admit(socket, options)));
  server.on('clientError', (_, socket) => socket.destroy());
  server.on('upgrade', (_, socket) => socket.destroy());
  server.on('checkContinue', (request) => request.socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Of accept(2), for want of descriptors: whoever asked can ask again.
  server.on('error', () => {});
  ownHost = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    link: () => `http://${ownHost}/open/${links.issue()}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A stranger is closed without a byte. */
async function admit(socket: Socket, { isOwnUser }: PageOptions): Promise<boolean> {
  const isOurs = isOwnUser === undefined || (await isOwnUser(socket).catch(() => false));
  if (!isOurs) socket.resetAndDestroy();
  return isOurs && !socket.destroyed;
}

interface Asked extends PageOptions {
  readonly links: OneTimeLinks;
  readonly visits: PageVisits;
  readonly ownHost: string;
}

function answerTo({ method = '', url = '', headers }: IncomingMessage, asked: Asked): PageAnswer {
  const refusal = refusalOf(headers, asked.ownHost);
  if (refusal !== undefined) return closedDoor(403, `Refused: ${refusal}.`);
  if (hasBody(headers)) return closedDoor(413, 'No body is expected.');
  const [, first = '', rest = ''] = /^\/([\w-]+)\/([^?]*)$/.exec(url) ?? [];
  if (method === 'GET' && first === 'open') return enter(rest, asked);
  if (!asked.visits.isGoingOn(first, headers.cookie)) return closedDoor(403, 'This page opens by a link of its own.');
  if (method === 'GET') return read(rest, asked);
  if (method !== 'POST') return json(405, { error: 'GET or POST' });
  if (!isOwnChange(headers, asked.ownHost)) return json(403, { error: 'only the page itself may ask for this' });
  const [, profile] = /^sign-in\/([\w.-]+)$/.exec(rest) ?? [];
  return profile !== undefined && asked.signIn(profile)
    ? json(202, {})
    : json(404, { error: 'nobody signs in to that' });
}

function enter(ticket: string, { links, visits }: Asked): PageAnswer {
  if (!links.redeem(ticket)) return closedDoor(403, 'This link has been used, or is older than two minutes.');
  const { folder, setCookie } = visits.begin();
  return welcome(folder, setCookie);
}

function read(path: string, { view }: Asked): PageAnswer {
  if (path === '') return statusPage;
  if (path === 'view') return json(200, view());
  return (Object.hasOwn(ownFiles, path) ? ownFiles[path] : undefined) ?? json(404, { error: 'nothing there' });
}

function send({ headers }: IncomingMessage, response: ServerResponse, answer: PageAnswer): void {
  // What is left of a body is not read.
  response.writeHead(answer.code, { ...headersOf(answer), ...(hasBody(headers) && { connection: 'close' }) });
  response.end(answer.body);
}
