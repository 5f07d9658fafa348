import type { Environment } from '../../terminal.ts';

/** The first one that a supervisor hands over: SD_LISTEN_FDS_START. */
const FIRST = 3;

/** Sockets that systemd has bound and handed over to this very process (sd_listen_fds(3)), as file descriptors. */
export function inheritedDescriptors({ LISTEN_PID, LISTEN_FDS }: Environment, pid: number): readonly number[] {
  if (LISTEN_PID !== String(pid) || !/^\d{1,3}$/.test(LISTEN_FDS ?? '')) return [];
  return Array.from({ length: Number(LISTEN_FDS) }, (_, index) => FIRST + index);
}
