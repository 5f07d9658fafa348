import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { IssuedCertificate } from '../certificates.ts';
import type { TestPostgres } from '../postgres/test-postgres.ts';
import { readClientRequest } from './client-startup.ts';
import type { OdysseyRule, Route } from './rule.ts';
import { OdysseyClient } from './serve-client.ts';
import { cancelAt } from './server-connection.ts';
import { ServerPool } from './server-pool.ts';

const CLIENT_LOGIN_TIMEOUT_MS = 15_000;

export interface TestOdyssey extends AsyncDisposable {
  readonly port: number;
  /** Odyssey's graceful end tells clients nothing. */
  stop(): Promise<void>;
}

/**
 * A model of Odyssey before `postgres`, for what neither Debian nor a package registry has: it says to a client what Odyssey's
 * source says that it does, and relays to the real server. Its certificate is for `localhost`, signed by the server's authority.
 *
 * Learnt from github.com/yandex/odyssey, versions of 2024 to 2026: sources/frontend.c (startup, order of messages, errors), auth.c,
 * scram.c (what is asked and refused), tls.c (no ALPN is chosen), deploy.c, reset.c, cancel.c, msg.h; third_party/kiwi: be_read.h
 * (versions, startup parameters), be_write.h (fields of an error), io.h (size of a startup packet), var.h (settings carried over);
 * docs/configuration. Not modelled: replication, the console, `pool_reserve_prepared_statement`, `client_fwd_error`,
 * compression, and the negotiation of protocol versions, which came in July 2026.
 */
export async function startOdyssey(postgres: TestPostgres, rule: OdysseyRule): Promise<TestOdyssey> {
  const certificate = await postgres.authority.issue({ commonName: 'localhost', hosts: ['localhost'] });
  const pooler = new Pooler({ rule, postgres }, certificate);
  const server = createServer({ noDelay: true }, (socket) => void pooler.accept(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const stop = async () => {
    server.close();
    pooler.close();
  };
  return { port, stop, [Symbol.asyncDispose]: stop };
}

class Pooler {
  readonly #route: Route;
  readonly #certificate: IssuedCertificate;
  readonly #der: Buffer;
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<OdysseyClient>();
  readonly #pools = new Map<string, ServerPool>();

  constructor(route: Route, certificate: IssuedCertificate) {
    this.#route = route;
    this.#certificate = certificate;
    this.#der = new X509Certificate(certificate.certPem).raw;
  }

  async accept(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    const { rule, postgres } = this.#route;
    const timer = setTimeout(() => socket.destroy(), rule.clientLoginTimeoutMs ?? CLIENT_LOGIN_TIMEOUT_MS);
    const request = await readClientRequest(socket, this.#certificate, postgres.ca);
    clearTimeout(timer);
    if (request === undefined) return void socket.destroy();
    if (request.kind === 'cancel') {
      await this.#cancel(request.key);
      return void request.socket.end();
    }
    const client = new OdysseyClient(request, this.#route, this.#poolOf(request.database));
    this.#clients.add(client);
    await this.#serve(client, request.user, request.database);
    this.#clients.delete(client);
  }

  async #serve(client: OdysseyClient, user: string, database: string): Promise<void> {
    const { rule } = this.#route;
    if (user !== rule.user) return client.refuse('ERROR', '3D000', `route for '${database}.${user}' is not found`);
    if (rule.clientMax !== undefined && this.#clients.size > rule.clientMax) {
      const limit = `client_max for user ${database}.${user} ${rule.clientMax}`;
      return client.refuse('ERROR', '53300', `too many client tcp connections (${limit})`);
    }
    if ((await client.authenticate(this.#der)) && (await client.setUp())) await client.relay();
  }

  #poolOf(database: string): ServerPool {
    const pool = this.#pools.get(database) ?? new ServerPool(this.#route, database);
    this.#pools.set(database, pool);
    return pool;
  }

  /** Only what a client has at this moment is cancelled; there is no answer. */
  async #cancel(key: Buffer): Promise<void> {
    const client = [...this.#clients].find((each) => each.key.equals(key));
    if (client?.server) await cancelAt(this.#route, client.server);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const pool of this.#pools.values()) pool.close();
  }
}
