import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IssuedCertificate } from '../certificates.ts';

export type RequestListener = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** A web server of 127.0.0.1 that can go away and come back at the same port. */
export interface WebServer {
  readonly port: number;
  /** Refuses connections, and ends those that exist once `settled` has resolved. */
  pause(settled?: Promise<void>): Promise<void>;
  resume(): Promise<void>;
}

export async function startWebServer(listener: RequestListener, tls?: IssuedCertificate): Promise<WebServer> {
  const server = tls
    ? https.createServer({ cert: tls.certPem, key: tls.keyPem }, listener)
    : http.createServer(listener);
  const listen = async (port: number) => {
    server.listen({ port, host: '127.0.0.1' });
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    pause: async (settled) => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      await settled;
      server.closeAllConnections();
      await closed;
    },
    resume: async () => {
      if (!server.listening) await listen(port);
    },
  };
}
