import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { authenticate } from './authenticate.ts';
import type { ClientRequest } from './client-startup.ts';
import { errorPacket, int32, type Packet, packet, readPacket, write } from './packets.ts';
import type { Route } from './rule.ts';
import type { ServerConnection } from './server-connection.ts';
import type { ServerPool } from './server-pool.ts';
import { deployStatement, type Variables } from './variables.ts';

type SessionRequest = Extract<ClientRequest, { kind: 'session' }>;

/** One client of the model, from its StartupMessage on. */
export class OdysseyClient {
  readonly socket: Socket;
  /** Made up: it is nothing that PostgreSQL knows. */
  readonly key = randomBytes(8);
  server: ServerConnection | undefined;
  readonly #id = `c${randomBytes(6).toString('hex')}`;
  readonly #route: Route;
  readonly #pool: ServerPool;
  readonly #database: string;
  readonly #variables: Variables;

  constructor(request: SessionRequest, route: Route, pool: ServerPool) {
    this.socket = request.socket;
    this.#route = route;
    this.#pool = pool;
    this.#database = request.database;
    this.#variables = request.variables;
  }

  /** Its errors say "odyssey: ", the client's id, and what is wrong. */
  refuse(severity: 'ERROR' | 'FATAL', code: string, message: string): void {
    this.socket.end(errorPacket(severity, code, `odyssey: ${this.#id}: ${message}`));
  }

  /** Whether the client may go on. */
  async authenticate(certificate: Buffer): Promise<boolean> {
    const refusal = await authenticate(this.socket, this.#route.rule, certificate, this.#database);
    if (refusal === 'gone') return false;
    if (refusal) this.refuse('ERROR', refusal.code, refusal.message);
    else this.socket.write(packet('R', int32(0)));
    return refusal === undefined;
  }

  /** ParameterStatus of any server connection but for what the client chose, then its key, then ReadyForQuery. */
  async setUp(): Promise<boolean> {
    const server = await this.#pool.attach();
    if (!server) {
      this.refuse('FATAL', '08006', `failed to connect to remote server s${randomBytes(6).toString('hex')}`);
      return false;
    }
    const { parameters } = server;
    void this.#pool.detach(server);
    for (const [name, value] of parameters) {
      this.socket.write(packet('S', name, this.#variables.get(name.toLowerCase()) ?? value));
    }
    this.socket.write(Buffer.concat([packet('K', this.key), packet('Z', Buffer.from('I'))]));
    return true;
  }

  /** Until the client ends it. */
  async relay(): Promise<void> {
    for (;;) {
      const received = await readPacket(this.socket);
      if (!received || received.type === 'X') break;
      const server = this.server ?? (await this.#attach());
      if (!server) break;
      if ('QSF'.includes(received.type)) server.pending += 1;
      await write(server.socket, received.bytes);
    }
    const { server } = this;
    this.server = undefined;
    if (server) await this.#pool.detach(server);
    this.socket.end();
  }

  async #attach(): Promise<ServerConnection | undefined> {
    const server = await this.#pool.attach();
    if (!server) return undefined;
    this.server = server;
    server.onPacket = (received) => this.#forward(server, received);
    server.onLost = () => this.refuse('ERROR', '08006', 'remote server read/write error');
    const statement = deployStatement(this.#variables, server.variables);
    if (statement) void server.query(statement);
    return server;
  }

  async #forward(server: ServerConnection, received: Packet): Promise<void> {
    await write(this.socket, received.bytes);
    if (received.type === 'S') {
      const known = [...this.#variables.keys()];
      for (const name of known) this.#variables.set(name, server.variables.get(name) ?? '');
    }
    const isOver = received.type === 'Z' && server.pending === 0 && !server.inTransaction;
    if (!isOver || this.#route.rule.pool === 'session') return;
    this.server = undefined;
    void this.#pool.detach(server);
  }
}
