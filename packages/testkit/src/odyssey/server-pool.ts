import type { Route } from './rule.ts';
import { connectServer, type ServerConnection } from './server-connection.ts';

/** The server connections of one database. */
export class ServerPool {
  readonly #route: Route;
  readonly #database: string;
  readonly #all = new Set<ServerConnection>();
  readonly #idle: ServerConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #opening = 0;

  constructor(route: Route, database: string) {
    this.#route = route;
    this.#database = database;
  }

  /** One that nobody uses, else a new one, else the next that comes back; `undefined` where PostgreSQL refuses. */
  async attach(): Promise<ServerConnection | undefined> {
    const { poolSize = Number.POSITIVE_INFINITY } = this.#route.rule;
    for (;;) {
      const idle = this.#idle.pop();
      if (idle && !idle.isLost) return idle;
      if (idle) continue;
      if (this.#all.size + this.#opening < poolSize) return this.#open();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #open(): Promise<ServerConnection | undefined> {
    this.#opening += 1;
    const server = await connectServer(this.#route, this.#database);
    this.#opening -= 1;
    if (!server) return undefined;
    this.#all.add(server);
    server.socket.once('close', () => this.#forget(server));
    return server;
  }

  #forget(server: ServerConnection): void {
    this.#all.delete(server);
    this.#waiting.shift()?.();
  }

  /** Makes it as new (`pool_rollback`, `pool_discard`), or closes it where it is in the middle of something. */
  async detach(server: ServerConnection): Promise<void> {
    server.onPacket = () => {};
    server.onLost = () => {};
    if (server.pending > 0) return void server.socket.destroy();
    if (server.inTransaction) await server.query('ROLLBACK');
    await server.query('DISCARD ALL');
    if (server.isLost) return;
    this.#idle.push(server);
    this.#waiting.shift()?.();
  }

  close(): void {
    for (const { socket } of this.#all) socket.destroy();
  }
}
