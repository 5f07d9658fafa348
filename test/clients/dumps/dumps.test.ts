import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { has, programs, spawnProgram, type TemporaryDirectory, temporaryDirectory } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BothRoutes } from '../both-routes.ts';
import { psql } from '../psql/psql.ts';
import { libpqEnvironment, type Route } from '../route.ts';

const SHOP = `
  create schema shop;
  create type shop.mood as enum ('good', 'ünï');
  create sequence shop.numbers start 7;
  create table shop.customers (id int primary key default nextval('shop.numbers'), name text, mood shop.mood, photo bytea);
  create table shop.orders (id int primary key, customer int references shop.customers, total numeric(10, 2) check (total >= 0));
  insert into shop.customers select i, 'customer ' || i, 'ünï', decode(repeat(md5(i::text), 32), 'hex') from generate_series(1, 5000) i;
  insert into shop.orders select i, 1 + i % 5000, i from generate_series(1, 20000) i;
  create index on shop.orders (customer, total);
  create view shop.totals as select customer, sum(total) from shop.orders group by 1;
  create function shop.twice(x int) returns int language sql as 'select 2 * x';
  comment on table shop.orders is 'it''s a comment';
`;

/** With the server that is as old as Debian's pg_dump, which refuses newer ones. */
describe.runIf(has.postgres15 && has.psql)(
  'S40 pg_dump and pg_restore, through sidecar and gateway',
  { timeout: 120_000 },
  () => {
    const both = new BothRoutes(15);
    let directory: TemporaryDirectory;
    beforeAll(async () => {
      directory = await temporaryDirectory();
      await both.start();
      await both.postgres.query(`GRANT CREATE ON DATABASE sales TO gprxy_users`);
      const { exitCode } = await psql(both.stack.gprxy, SHOP, { args: ['--set=ON_ERROR_STOP=1'] });
      expect(exitCode).toBe(0);
    }, 120_000);
    afterAll(async () => {
      await both.stop();
      await directory.remove();
    });

    const run = (program: 'pg_dump' | 'pg_restore', route: Route, ...args: string[]) =>
      spawnProgram({
        command: `${programs.postgres15}/${program}`,
        args: [...args, '--no-password'],
        env: { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...libpqEnvironment(route) },
      }).ended;
    // A key of its own for each dump would be the only difference.
    const plain = (route: Route, ...more: string[]) =>
      run('pg_dump', route, '--schema=shop', '--restrict-key=same', ...more);

    it.each([[[]], [['--inserts']], [['--schema-only']]])('a dump is the same, byte for byte %j', async (more) => {
      const { stdout, exitCode } = await both.same((route) => plain(route, ...more));
      expect(exitCode).toBe(0);
      expect(stdout).toContain('CREATE TABLE shop.orders');
    });

    it('what was dumped by four connections at once and restored by four is what was there before', async () => {
      const before = (await plain(both.stack.direct)).stdout;
      await both.same(async (route) => {
        const dump = join(directory.path, route.name);
        const parallel = ['--jobs=4', '--format=directory'];
        const dumped = await run('pg_dump', route, '--schema=shop', ...parallel, `--file=${dump}`);
        await cp(dump, `${dump}-kept`, { recursive: true });
        await psql(route, 'drop schema shop cascade');
        const restored = await run('pg_restore', route, '--dbname=sales', ...parallel, `${dump}-kept`);
        return { dumped, restored };
      });
      expect((await plain(both.stack.gprxy)).stdout).toBe(before);
    });
  },
);
