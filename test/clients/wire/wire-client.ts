import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { serialize } from 'pg-protocol';
import type { Route } from '../route.ts';

const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex');
const PROTOCOL_3_0 = 0x0003_0000;
const READY_FOR_QUERY = 'Z';
const BACKEND_KEY_DATA = 'K';
const NOTIFICATION_RESPONSE = 'A';

/** Sends frontend messages that node-postgres has encoded, and keeps every byte that the server answers. */
export class WireClient {
  readonly socket: Socket;
  readonly #frames: AsyncIterator<Buffer>;
  /** BackendKeyData, without its header: pid and secret. */
  key: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    this.#frames = framesOf(socket);
  }

  /** Connects, over TLS where the route has it, and sends a StartupMessage (protocol 3.0). */
  static async start(route: Route, parameters: Record<string, string> = {}): Promise<WireClient> {
    const client = new WireClient(await openSocket(route));
    client.send(startupMessage({ user: route.user, database: route.database, ...parameters }));
    return client;
  }

  send(...messages: Buffer[]): void {
    this.socket.write(Buffer.concat(messages));
  }

  /** Every message of the server up to ReadyForQuery, or up to the end of the connection. */
  async readUntilReady(): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    for (;;) {
      const frame = await this.#next();
      if (!frame) return frames;
      frames.push(frame);
      if (typeOf(frame) === READY_FOR_QUERY) return frames;
    }
  }

  /** Up to and including the first message of that type. */
  async readUntil(type: string): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    for (;;) {
      const frame = await this.#next();
      if (!frame) throw new Error(`the connection ended before a message of type ${type}`);
      frames.push(frame);
      if (typeOf(frame) === type) return frames;
    }
  }

  async #next(): Promise<Buffer | undefined> {
    const { value: frame, done } = await this.#frames.next();
    if (done) return undefined;
    if (typeOf(frame) === BACKEND_KEY_DATA) this.key = frame.subarray(5);
    return frame;
  }

  /** The bytes as text, but for what no two sessions have in common: the cancel key and the session's own pid. */
  masked(frame: Buffer): string {
    if (typeOf(frame) === BACKEND_KEY_DATA) return 'K';
    const fromMyself = typeOf(frame) === NOTIFICATION_RESPONSE && frame.readInt32BE(5) === this.key.readInt32BE(0);
    return (fromMyself ? Buffer.from(frame).fill('pid!', 5, 9) : frame).toString('latin1');
  }

  end(): void {
    this.socket.end(serialize.end());
  }
}

/** Not node-postgres's, which adds a client_encoding of its own. */
function startupMessage(parameters: Record<string, string>): Buffer {
  const strings = Object.entries(parameters).flat();
  const body = Buffer.from(`${strings.map((text) => `${text}\0`).join('')}\0`);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(header.length + body.length, 0);
  header.writeUInt32BE(PROTOCOL_3_0, 4);
  return Buffer.concat([header, body]);
}

export const typeOf = (frame: Buffer) => frame.toString('latin1', 0, 1);
export const typesOf = (frames: readonly Buffer[]) => frames.map(typeOf).join('');

async function openSocket({ host, port, tls }: Route): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  if (!tls) return socket;
  socket.write(SSL_REQUEST);
  const [answer] = await once(socket, 'data');
  if (answer.toString() !== 'S') throw new Error('the server does not offer TLS');
  const { ca, cert, key } = tls;
  const secured = connectTls({ socket, ca, cert, key, servername: 'localhost', ALPNProtocols: ['postgresql'] });
  await once(secured, 'secureConnect');
  return secured;
}

async function* framesOf(socket: Socket): AsyncGenerator<Buffer> {
  let pending = Buffer.alloc(0);
  for await (const chunk of socket) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 5 && pending.length >= 1 + pending.readUInt32BE(1)) {
      const length = 1 + pending.readUInt32BE(1);
      yield pending.subarray(0, length);
      pending = pending.subarray(length);
    }
  }
}
