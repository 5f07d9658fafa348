import { once } from 'node:events';
import { createServer } from 'node:net';
import { CliError } from '../../../cli-error.ts';
import { listenerOn } from '../port-owner.ts';

interface Port {
  readonly host: string;
  readonly port: number;
  /** What to do about it, after "choose" or on its own: `another port in ..., then run "...".` */
  readonly otherwise: string;
}

/** Rejects with who has the port; found out by listening there for a moment. */
export async function requireFree({ host, port, otherwise }: Port): Promise<void> {
  const server = createServer().listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const isTaken = code === 'EADDRINUSE';
    const message = isTaken
      ? `port ${port} is in use by ${await listenerOn(port)}`
      : `nobody can listen on ${host}:${port} (${code})`;
    const hint = isTaken ? `Stop it, or choose ${otherwise}` : `Choose ${otherwise}`;
    throw new CliError(message, { code: 'ERR_CONFIG_LISTEN', hint, cause });
  } finally {
    server.close();
  }
}
