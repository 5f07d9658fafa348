import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Reloaded } from '../life/reload.ts';
import { prepareSocketPath } from '../listen/unix-socket.ts';
import { whenGone } from '../listen/when-gone.ts';
import type { PageLink } from '../status-page/status-page.ts';
import { ControlError, requestControl } from './control.ts';
import type { SidecarStatus } from './status.ts';

export interface ControlOptions {
  readonly path: string;
  /** How often it is looked whether the socket is still there. */
  readonly recheckMs?: number;
  status(): SidecarStatus;
  /** Prometheus' text format. */
  metrics(): Promise<string>;
  /** A new link to the status page. */
  page(): Promise<PageLink>;
  reload(): Promise<Reloaded>;
  /** Nobody is signed in to the profile any more. */
  signedOut(profile: string): void;
  /** Called after the answer to `POST /v1/stop` is on its way. */
  stop(drainTimeoutMs: number | undefined): void;
}

export interface ControlServer {
  close(): Promise<void>;
}

/** Another gprxy daemon answers on the control socket. */
export class AlreadyRunningError extends Error {
  readonly code = 'ERR_ALREADY_RUNNING';
  readonly pid: number;

  constructor(pid: number) {
    super(`gprxy is already running (process ${pid})`);
    this.name = 'AlreadyRunningError';
    this.pid = pid;
  }
}

/**
 * `GET /v1/status`, `GET /v1/metrics`, `POST /v1/page`, `POST /v1/reload` and `POST /v1/stop?drain_timeout_ms=0` as JSON over HTTP, on a Unix socket that only its owner can open.
 * Rejects with AlreadyRunningError when a daemon answers there.
 */
export async function serveControl(options: ControlOptions): Promise<ControlServer> {
  await refuseSecondDaemon(options.path);
  try {
    return await openControl(options);
  } catch (error) {
    // Another daemon may have been faster between the question and the answer.
    await refuseSecondDaemon(options.path);
    throw error;
  }
}

/** Whoever asks waits milliseconds; the daemon's descriptors are for clients of the databases. */
const MAX_CONNECTIONS = 100;
const LIMITS = { requestTimeout: 5_000, headersTimeout: 5_000, connectionsCheckingInterval: 1_000 };

/** Some systems take the directory away when the last session of its user ends; the daemon may outlive that. */
const RECHECK_MS = 5_000;

async function openControl(options: ControlOptions): Promise<ControlServer> {
  const { path, recheckMs = RECHECK_MS } = options;
  const server = createServer(LIMITS, (request, response) => {
    // A question that cannot be answered must not end the sessions of the databases.
    answer(request, response, options).catch(() => send(response, 500, { error: 'it cannot be answered now' }));
  });
  dropOldestOf(server);
  // Whatever is not plain HTTP gets no answer at all.
  server.on('clientError', (_, socket) => socket.destroy());
  server.on('upgrade', (_, socket) => socket.destroy());
  let closed = false;
  const bind = async () => {
    if (!isPipe(path)) await prepareSocketPath(path);
    if (closed) return;
    server.close().listen(path);
    await once(server, 'listening');
    if (!isPipe(path)) await chmod(path, 0o600);
  };
  await bind();
  // Of accept(2), for want of descriptors: whoever asked can ask again.
  server.on('error', () => {});
  const endLooking = isPipe(path) ? () => {} : whenGone(path, bind, recheckMs);
  return {
    close: () =>
      new Promise((resolve) => {
        closed = true;
        endLooking();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Not the newest: that is who has just asked, while the oldest has said nothing all the time. */
function dropOldestOf(server: Server): void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    const [oldest] = open;
    if (oldest && open.size >= MAX_CONNECTIONS) oldest.destroy();
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
}

async function refuseSecondDaemon(path: string): Promise<void> {
  try {
    throw new AlreadyRunningError((await requestControl(path, 'status')).pid);
  } catch (error) {
    if (error instanceof ControlError && error.code === 'ERR_NOT_RUNNING') return;
    throw error;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, metrics, page, reload, signedOut, stop }: ControlOptions,
): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const route = `${request.method} ${path}`;
  request.resume();
  if (route === 'GET /v1/status') {
    send(response, 200, status());
  } else if (route === 'GET /v1/metrics') {
    send(response, 200, { pid: process.pid, text: await metrics() });
  } else if (route === 'POST /v1/page') {
    send(response, 200, { pid: process.pid, ...(await page()) });
  } else if (route === 'POST /v1/reload') {
    send(response, 200, { pid: process.pid, ...(await reload()) });
  } else if (route === 'POST /v1/signed-out') {
    signedOut(new URLSearchParams(query).get('profile') ?? '');
    send(response, 200, { pid: process.pid });
  } else if (route === 'POST /v1/stop') {
    response.once('finish', () => stop(milliseconds(new URLSearchParams(query).get('drain_timeout_ms'))));
    send(response, 202, { pid: process.pid });
  } else {
    send(response, 404, { error: `nothing at ${route.slice(0, 100)}` });
  }
}

function milliseconds(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify(body)}\n`);
}

function isPipe(path: string): boolean {
  return path.startsWith('\\\\.\\pipe\\');
}
