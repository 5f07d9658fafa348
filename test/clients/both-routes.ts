import type { PostgresVersion, TestPostgres } from '@gprxy/testkit';
import { expect } from 'vitest';
import type { Route } from './route.ts';
import { type ClientStack, startClientStack } from './stack.ts';

const SCHEMA = `
  create table items (
    id int primary key,
    name text not null,
    price numeric(10, 2) check (price >= 0)
  );
  insert into items values (1, 'anvil', 99.50), (2, 'rope', 12), (3, 'soap', null);
  grant select, insert, update, delete on items to gprxy_users;
  grant create on schema public to gprxy_users;
`;

/** One stack for all clients, with a table `items` for everybody. */
export class BothRoutes {
  readonly version: PostgresVersion;
  #stack: ClientStack | undefined;

  constructor(version: PostgresVersion) {
    this.version = version;
  }

  async start(): Promise<void> {
    this.#stack = await startClientStack(this.version);
    await this.postgres.query(SCHEMA);
  }

  async stop(): Promise<void> {
    await this.#stack?.stop();
  }

  get stack(): ClientStack {
    if (!this.#stack) throw new Error('the stack is not running');
    return this.#stack;
  }

  get postgres(): TestPostgres {
    return this.stack.services.postgres;
  }

  /** Runs `scenario`, which is written once, directly and then through sidecar and gateway, and returns what both saw. */
  async same<Seen>(scenario: (route: Route) => Promise<Seen>): Promise<Seen> {
    const direct = await scenario(this.stack.direct);
    const gprxy = await scenario(this.stack.gprxy);
    expect(gprxy, 'what a client sees through sidecar and gateway, compared with a direct connection').toStrictEqual(
      direct,
    );
    return gprxy;
  }

  /** Resolves once a backend of the person runs a statement that contains `marker`. */
  async running(marker: string): Promise<void> {
    const sql = "select 1 from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()";
    const answered = async () => (await this.postgres.query(sql, [`%${marker}%`])).length > 0;
    await expect.poll(answered, { timeout: 20_000, interval: 10 }).toBe(true);
  }
}
