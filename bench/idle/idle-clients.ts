// Clients that log in and then say nothing. In a process of their own: thousands of sockets would slow down whoever measures latencies.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { openSessions } from './client.ts';

export interface IdleClientsSettings {
  /** Listened on when all of them are in. */
  readonly port: number;
  readonly sidecarPort: number;
  readonly count: number;
}

const { port, sidecarPort, count }: IdleClientsSettings = JSON.parse(readFileSync(0, 'utf8'));
await openSessions(sidecarPort, count);
createServer().listen(port, '127.0.0.1');
