// A TLS server that lets everybody in and answers every query with nothing: ten thousand sessions of PostgreSQL would be ten thousand processes.
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { authenticationOk, encodeReadyForQuery } from '@gprxy/proxy-core';

export interface LoginsServerSettings {
  readonly port: number;
  readonly certPem: string;
  readonly keyPem: string;
}

const { port, certPem, keyPem }: LoginsServerSettings = JSON.parse(readFileSync(0, 'utf8'));
const secureContext = createSecureContext({ cert: certPem, key: keyPem });
const TLS_HANDSHAKE = 0x16;
const welcome = Buffer.concat([authenticationOk, encodeReadyForQuery('I')]);
/** EmptyQueryResponse, ReadyForQuery. */
const nothing = Buffer.concat([Buffer.from('4900000004', 'hex'), encodeReadyForQuery('I')]);

/** As PostgreSQL 17 and later: by SSLRequest, or at once. */
function encrypt(socket: Socket): void {
  const first: Buffer | null = socket.read();
  if (first === null) return void socket.destroy();
  if (first[0] === TLS_HANDSHAKE) socket.unshift(first);
  else socket.write('S');
  const secured = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['postgresql'] });
  secured.on('error', () => {});
  secured.once('data', () => {
    secured.write(welcome);
    secured.on('data', () => secured.write(nothing));
  });
}

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('readable', () => encrypt(socket));
}).listen({ port, host: '127.0.0.1', backlog: 4_096 });
