import { connect } from 'node:net';
import { join } from 'node:path';
import { isSocket, type LocalEndpoint } from '../../../local-endpoint.ts';

/** The key of BackendKeyData, as protocol 3.0 has it. */
export interface SessionKey {
  readonly processId: number;
  readonly secretKey: number;
}

const cancelRequestCode = 80_877_102;

/** Sends a CancelRequest (PostgreSQL protocol, "Canceling Requests in Progress"). The answer to it is the statement's own error. */
export function cancelStatement(endpoint: LocalEndpoint, { processId, secretKey }: SessionKey): void {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(cancelRequestCode, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  const { host, port } = endpoint;
  const socket = isSocket(endpoint) ? connect(join(host, `.s.PGSQL.${port}`)) : connect(port, host);
  socket.once('error', () => socket.destroy());
  socket.end(request);
  socket.resume();
}
