import type { Socket } from 'node:net';
import { createSecureContext, type TLSSocket, TLSSocket as Tls } from 'node:tls';
import type { IssuedCertificate } from '../certificates.ts';
import { readExactly, textsOf } from './packets.ts';
import { fits, track, trackOptions, type Variables } from './variables.ts';

const PROTOCOL_3_0 = 3 << 16;
const PROTOCOL_2_0 = 2 << 16;
const CANCEL_REQUEST = (1234 << 16) | 5678;
const SSL_REQUEST = (1234 << 16) | 5679;
const GSSENC_REQUEST = (1234 << 16) | 5680;

/** A ClientHello read as a startup packet announces 369 MB, which is less: the rest of it is waited for. */
const MAX_STARTUP_BYTES = 640 * 1024 * 1024;

/** What a connection wants; `undefined` for what Odyssey closes without a byte of answer. */
export type ClientRequest =
  | { readonly kind: 'cancel'; readonly socket: Socket; readonly key: Buffer }
  | {
      readonly kind: 'session';
      readonly socket: Socket;
      readonly user: string;
      readonly database: string;
      readonly variables: Variables;
    };

/** From the first byte of a connection to its StartupMessage or CancelRequest, by TLS or without. */
export async function readClientRequest(
  socket: Socket,
  { certPem, keyPem }: IssuedCertificate,
  clientAuthority: string,
): Promise<ClientRequest | undefined> {
  let line: Socket | TLSSocket = socket;
  for (;;) {
    const body = await readStartupBody(line);
    const code = body?.readUInt32BE(0);
    if (!body) return undefined;
    if (code === GSSENC_REQUEST || code === PROTOCOL_2_0) line.write('N');
    else if (code === SSL_REQUEST && line === socket) {
      socket.write('S');
      const secureContext = createSecureContext({ cert: certPem, key: keyPem, ca: clientAuthority });
      line = new Tls(socket, { isServer: true, secureContext, requestCert: true, rejectUnauthorized: false });
      line.on('error', () => {});
    } else if (code === CANCEL_REQUEST) return { kind: 'cancel', socket: line, key: body.subarray(4, 12) };
    else return code === PROTOCOL_3_0 ? sessionOf(line, body.subarray(4)) : undefined;
  }
}

async function readStartupBody(socket: Socket): Promise<Buffer | undefined> {
  const length = (await readExactly(socket, 4))?.readUInt32BE(0);
  if (length === undefined || length < 8 || length - 4 >= MAX_STARTUP_BYTES) return undefined;
  return readExactly(socket, length - 4);
}

function sessionOf(socket: Socket, body: Buffer): ClientRequest | undefined {
  const variables: Variables = new Map();
  let [user, database] = ['', ''];
  const texts = textsOf(body);
  for (let index = 0; texts[index]; index += 2) {
    const [name = '', value = ''] = texts.slice(index, index + 2);
    if (name === 'user') user = fits(value) ? value : '';
    else if (name === 'database') database = fits(value) ? value : '';
    else if (name === 'options') trackOptions(variables, value);
    else track(variables, name, value);
  }
  if (user === '') return undefined;
  return { kind: 'session', socket, user, database: database || user, variables };
}
