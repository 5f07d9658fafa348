import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { hasBody, serveLoopback } from '@gprxy/loopback-http';
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

/** With the cookies of every other port of this host. */
const MAX_HEADER_BYTES = 16_384;

/** Serves the status page on a free port of 127.0.0.1, to browsers that come by a link of ours. Rejects with the error of bind(2). */
export async function servePage(options: PageOptions): Promise<ServedPage> {
  const links = new OneTimeLinks(options.now);
  const visits = new PageVisits(options.now);
  const admitted = new WeakMap<Socket, Promise<boolean>>();
  let ownHost = '';
  const { address, close } = await serveLoopback({
    ...{ host: '127.0.0.1', port: 0, maxHeaderBytes: MAX_HEADER_BYTES },
    onConnection: (socket) => admitted.set(socket, admit(socket, options)),
    listener: async (request, response) => {
      if (!(await admitted.get(request.socket))) return;
      send(request, response, answerOrApology(request, { ...options, links, visits, ownHost }));
    },
  });
  ownHost = `127.0.0.1:${address.port}`;
  return { link: () => `http://${ownHost}/open/${links.issue()}`, close };
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

/** What goes wrong here must not end the sessions of the databases; its words could be anybody's. */
function answerOrApology(request: IncomingMessage, asked: Asked): PageAnswer {
  try {
    return answerTo(request, asked);
  } catch {
    return closedDoor(500, 'The page cannot be shown now.');
  }
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
