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

/** Asks the running daemon. `stop` answers at once; the daemon then drains. Rejects with ControlError. */
export function requestControl(socketPath: string, request: 'status', timeoutMs?: number): Promise<SidecarStatus>;
export function requestControl(socketPath: string, request: 'stop', timeoutMs?: number): Promise<{ pid: number }>;
export function requestControl(_socketPath: string, _request: 'status' | 'stop', _timeoutMs = 2_000): Promise<unknown> {
  throw new Error('not written yet');
}
