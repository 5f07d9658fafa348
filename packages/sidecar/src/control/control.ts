import { lstat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { Reloaded } from '../life/reload.ts';
import type { PageLink } from '../status-page/status-page.ts';
import type { SidecarStatus } from './status.ts';

export type ControlErrorCode = 'ERR_NOT_RUNNING' | 'ERR_CONTROL';

/** `ERR_NOT_RUNNING`: nothing answers on the control socket. `ERR_CONTROL`: something does, but not as gprxy should. */
export class ControlError extends Error {
  readonly code: ControlErrorCode;

  constructor(code: ControlErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ControlError';
    this.code = code;
  }
}

/** Far more than the status of many profiles takes. */
const MAX_ANSWER_BYTES = 1 << 20;

/** What can be asked of the daemon, and what it answers. */
export interface ControlAnswers {
  status: SidecarStatus;
  /** In Prometheus' text format. */
  metrics: { readonly pid: number; readonly text: string };
  page: PageLink & { readonly pid: number };
  /** `problems` say what is not as the configuration says now. */
  reload: Reloaded & { readonly pid: number };
  /** Somebody has signed out of the profile. */
  'signed-out': { readonly pid: number };
  /** Answered at once; the daemon then drains. */
  stop: { readonly pid: number };
}

export interface ControlRequestOptions {
  /** For `stop`: overrides the `drain_timeout` of every profile. */
  readonly drainTimeoutMs?: number;
  /** For `signed-out`. */
  readonly profile?: string;
  readonly timeoutMs?: number;
}

/** Reading keys and files of many profiles takes longer than telling what is known. */
const TIMEOUT_MS = {
  ...{ status: 2_000, metrics: 2_000, page: 2_000, 'signed-out': 2_000, stop: 2_000 },
  reload: 30_000,
} as const;

/** Asks the running daemon. Rejects with ControlError. */
export async function requestControl<Request extends keyof ControlAnswers>(
  socketPath: string,
  request: Request,
  { drainTimeoutMs, profile, timeoutMs = TIMEOUT_MS[request] }: ControlRequestOptions = {},
): Promise<ControlAnswers[Request]> {
  const method = request === 'status' || request === 'metrics' ? 'GET' : 'POST';
  const query = String(
    new URLSearchParams({
      ...(drainTimeoutMs !== undefined && { drain_timeout_ms: String(drainTimeoutMs) }),
      ...(profile !== undefined && { profile }),
    }),
  );
  await requireOwn(socketPath);
  const text = await ask(socketPath, method, `/v1/${request}${query && `?${query}`}`, AbortSignal.timeout(timeoutMs));
  const answer = parseAnswer(text);
  if (answer === undefined) throw notGprxy(socketPath, 'its answer is not the expected one');
  return answer as ControlAnswers[Request];
}

/** What answers there is believed: where to connect, and which file has the password. So somebody else must not have been there first. */
async function requireOwn(path: string): Promise<void> {
  const uid = process.getuid?.();
  const found = await lstat(path).catch(() => undefined);
  if (uid === undefined || found === undefined || found.uid === uid) return;
  throw new ControlError('ERR_CONTROL', `the control socket ${path} belongs to OS user ${found.uid}`);
}

function ask(socketPath: string, method: string, path: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath, method, path, signal, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) response.destroy(new Error('endless answer'));
      });
      response.once('error', (error) => reject(toControlError(socketPath, error)));
      response.once('end', () => {
        if (status >= 200 && status < 300) resolve(text);
        else reject(notGprxy(socketPath, `it answered ${method} ${path} with ${status}`));
      });
    });
    outgoing.once('error', (error) => reject(toControlError(socketPath, error)));
    outgoing.end();
  });
}

function parseAnswer(text: string): { pid: number } | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const isOurs = typeof answer === 'object' && answer !== null && 'pid' in answer && typeof answer.pid === 'number';
    return isOurs ? (answer as { pid: number }) : undefined;
  } catch {
    return undefined;
  }
}

function toControlError(socketPath: string, error: NodeJS.ErrnoException): ControlError {
  // ECONNRESET and EPIPE: it ended between taking the connection and answering, or even reading.
  if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code ?? '')) {
    return new ControlError('ERR_NOT_RUNNING', 'the sidecar is not running', error);
  }
  if (error.name === 'AbortError') return notGprxy(socketPath, 'it does not answer');
  return notGprxy(socketPath, error.code ?? error.message, error);
}

function notGprxy(socketPath: string, why: string, cause?: unknown): ControlError {
  return new ControlError('ERR_CONTROL', `the control socket ${socketPath} does not work: ${why}`, cause);
}
