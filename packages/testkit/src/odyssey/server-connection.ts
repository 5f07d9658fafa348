import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { int32, type Packet, packet, readExactly, readPacket, textsOf, write } from './packets.ts';
import type { Route } from './rule.ts';
import { track, type Variables } from './variables.ts';

/** A connection of Odyssey's own at PostgreSQL, lent to one client at a time. */
export class ServerConnection {
  readonly socket: Socket;
  readonly key: Buffer;
  /** As PostgreSQL reported them at the login, in that order: every client is shown these, but for what it chose itself. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly variables: Variables = new Map();
  /** Gets what comes for the client it is lent to. */
  onPacket: (packet: Packet) => void | Promise<void> = () => {};
  onLost: () => void = () => {};
  /** Statements that were sent and are not answered by ReadyForQuery yet. */
  pending = 0;
  inTransaction = false;
  #ownAnswers = 0;
  #settled: () => void = () => {};

  constructor(socket: Socket, key: Buffer, parameters: ReadonlyMap<string, string>) {
    this.socket = socket;
    this.key = key;
    this.parameters = parameters;
    for (const [name, value] of parameters) track(this.variables, name, value);
    void this.#read();
  }

  get isLost(): boolean {
    return this.socket.destroyed || this.socket.readableEnded;
  }

  /** A statement of Odyssey's own, whose answer nobody sees; it need not be waited for. */
  query(statement: string): Promise<void> {
    this.#ownAnswers += 1;
    this.pending += 1;
    this.socket.write(packet('Q', statement));
    return new Promise((resolve) => {
      this.#settled = resolve;
    });
  }

  async #read(): Promise<void> {
    for (;;) {
      const received = await readPacket(this.socket);
      if (!received) break;
      const isOwn = this.#ownAnswers > 0;
      this.#note(received);
      if (!isOwn) await this.onPacket(received);
    }
    this.socket.destroy();
    this.#settled();
    this.onLost();
  }

  #note({ type, body }: Packet): void {
    if (type === 'S') track(this.variables, textsOf(body)[0] ?? '', textsOf(body)[1] ?? '');
    if (type !== 'Z') return;
    this.pending -= 1;
    this.inTransaction = body.toString('latin1') !== 'I';
    if (this.#ownAnswers === 0) return;
    this.#ownAnswers -= 1;
    if (this.#ownAnswers === 0) this.#settled();
  }
}

/** TLS, a StartupMessage with the client's database, and a password in clear. `undefined` where PostgreSQL refuses. */
export async function connectServer(
  { rule, postgres }: Route,
  database: string,
): Promise<ServerConnection | undefined> {
  const socket = await dial(postgres);
  const texts = ['user', rule.user, 'database', database, ''].map((text) => `${text}\0`).join('');
  socket.write(Buffer.concat([int32(8 + Buffer.byteLength(texts)), int32(3 << 16), Buffer.from(texts)]));
  const parameters = new Map<string, string>();
  let key = Buffer.alloc(0);
  for (;;) {
    const received = await readPacket(socket);
    if (!received || received.type === 'E') break;
    const { type, body } = received;
    if (type === 'R' && body.readUInt32BE(0) === 3) socket.write(packet('p', rule.password));
    if (type === 'S') parameters.set(textsOf(body)[0] ?? '', textsOf(body)[1] ?? '');
    if (type === 'K') key = Buffer.from(body);
    if (type === 'Z') return new ServerConnection(socket, key, parameters);
  }
  socket.destroy();
  return undefined;
}

/** A connection of its own, as there; PostgreSQL answers nothing. */
export async function cancelAt({ postgres }: Route, { key }: ServerConnection): Promise<void> {
  const socket = await dial(postgres);
  await write(socket, Buffer.concat([int32(16), int32((1234 << 16) | 5678), key]));
  socket.end();
}

async function dial({ host, port, ca }: Route['postgres']): Promise<Socket> {
  const socket = connect(port, host);
  socket.on('error', () => {});
  socket.write(Buffer.concat([int32(8), int32((1234 << 16) | 5679)]));
  await readExactly(socket, 1);
  const secured = connectTls({ socket, ca, servername: 'localhost' });
  secured.on('error', () => {});
  await once(secured, 'secureConnect');
  return secured;
}
