import { serialize } from 'pg-protocol';
import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { failingStatements } from '../failing-statements.ts';
import type { Route } from '../route.ts';
import { typesOf, WireClient } from './wire-client.ts';

const { parse, bind, describe, execute, close, flush, sync, query } = serialize;
const { copyData, copyDone, copyFail } = serialize;

/** A message of the frontend that node-postgres has no encoder for. */
const message = (type: string, body: Buffer) => {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([header, body]);
};

/** Every byte that the server sends, in answer to messages that no driver would send like this. */
export function describeMessages(both: BothRoutes): void {
  /** Logs in, runs `conversation` and returns the bytes of every message that came back in it. */
  const talk = (conversation: (client: WireClient) => Promise<Buffer[]>, parameters?: Record<string, string>) =>
    both.same(async (route: Route) => {
      const client = await WireClient.start(route, parameters);
      await client.readUntilReady();
      const frames = await conversation(client);
      client.end();
      return frames.map((frame) => client.masked(frame));
    });
  /** The same for messages that are answered up to the given number of ReadyForQuery. */
  const exchange = (messages: Buffer[], answers = 1) =>
    talk(async (client) => {
      client.send(...messages);
      const frames = [];
      for (let i = 0; i < answers; i++) frames.push(...(await client.readUntilReady()));
      return frames;
    });
  const types = (frames: readonly string[]) => frames.map((frame) => frame[0]).join('');

  it('is the same at login, but for the cancel key', async () => {
    const frames = await both.same(async (route) => {
      const client = await WireClient.start(route, {
        application_name: 'the tests',
        TimeZone: 'Asia/Tokyo',
        client_encoding: 'latin1',
        options: '-c datestyle=german -c client_min_messages=debug1',
      });
      const frames = await client.readUntilReady();
      client.end();
      return frames.map((frame) => client.masked(frame));
    });
    expect(types(frames)).toMatch(/^RS+KZ$/);
  });

  it('is the same for pipelined statements, portals and descriptions', async () => {
    const frames = await exchange([
      parse({ name: 's', text: 'select * from items where id >= $1 order by id', types: [23] }),
      describe({ type: 'S', name: 's' }),
      bind({ statement: 's', portal: 'p', values: ['1'] }),
      describe({ type: 'P', name: 'p' }),
      execute({ portal: 'p', rows: 2 }),
      execute({ portal: 'p', rows: 2 }),
      close({ type: 'P', name: 'p' }),
      bind({ statement: 's', binary: true, values: ['3'] }),
      execute({}),
      close({ type: 'S', name: 's' }),
      parse({ text: '' }),
      bind({}),
      execute({}),
      sync(),
    ]);
    expect(types(frames)).toBe('1tT2TDDsDC32DC312IZ');
  });

  it('is the same where an error skips the rest of a pipeline, and in the next one', async () => {
    const frames = await exchange(
      [
        ...[
          parse({ text: 'select 1' }),
          bind({}),
          execute({}),
          parse({ text: 'selec' }),
          bind({}),
          execute({}),
          sync(),
        ],
        ...[parse({ text: 'select 1 / $1::int' }), bind({ values: ['0'] }), execute({}), bind({}), sync()],
        ...[parse({ text: 'select 2' }), bind({}), execute({}), sync()],
      ],
      3,
    );
    expect(types(frames)).toBe('12DCEZ1EZ12DCZ');
  });

  it('comes at a Flush, without a Sync', async () => {
    const frames = await talk(async (client) => {
      client.send(parse({ text: 'select 1' }), bind({}), execute({}), flush());
      const first = await client.readUntil('C');
      client.send(parse({ text: 'select 2' }), flush());
      return [...first, ...(await client.readUntil('1'))];
    });
    expect(types(frames)).toBe('12DC1');
  });

  it('is the same when the client sends one byte at a time', async () => {
    const messages = Buffer.concat([
      parse({ text: 'select $1::text' }),
      bind({ values: ['ünï'] }),
      execute({}),
      sync(),
    ]);
    const frames = await talk((client) => {
      for (const byte of messages) client.send(Buffer.of(byte));
      return client.readUntilReady();
    });
    expect(types(frames)).toBe('12DCZ');
  });

  it('is the same for 10,000 statements in one write', async () => {
    const statement = [parse({ text: 'select $1::int' }), bind({ values: ['7'] }), execute({})];
    const frames = await exchange([...Array.from({ length: 10_000 }, () => statement).flat(), sync()]);
    expect(frames).toHaveLength(40_001);
  });

  it('is the same for every error in the simple and the extended protocol, in a transaction and outside', async () => {
    const statements = failingStatements.flatMap((text) => [
      query(text),
      parse({ text }),
      bind({}),
      execute({}),
      sync(),
    ]);
    const frames = await exchange([...statements, query('begin'), ...statements], 4 * failingStatements.length + 1);
    expect(types(frames).replaceAll(/[^EZ]/g, '')).toMatch(/^(EZ)+Z(EZ)+$/);
  });

  it('is the same for notices, settings and notifications in between', async () => {
    const frames = await exchange([
      query(`listen here; set client_min_messages = debug1; notify here, 'me'; set timezone = 'UTC'; set timezone = 'Asia/Tokyo';
        do $$ begin raise notice 'n' using detail = 'd', hint = 'h', errcode = '01ZZZ'; raise debug 'd'; end $$;
        set application_name = 'a'; select set_config('datestyle', 'german', false)`),
    ]);
    expect(types(frames)).toContain('N');
    expect(types(frames).replaceAll(/[^SA]/g, '')).toMatch(/^AS{3}$/);
  });

  it('is the same for COPY, also when the client breaks it off', async () => {
    const frames = await exchange(
      [
        query('create temp table t (x int)'),
        ...[query('copy t from stdin'), copyData(Buffer.from('1\n2\n')), copyData(Buffer.from('3\n')), copyDone()],
        ...[query('copy t from stdin'), copyData(Buffer.from('4\n')), copyFail('changed my mind')],
        ...[query('copy t from stdin'), copyData(Buffer.from('four\n')), copyDone()],
        ...[query('copy t to stdout'), query('copy t to stdout (format binary)')],
        ...[parse({ text: 'copy t to stdout' }), bind({}), execute({}), sync()],
      ],
      7,
    );
    expect(types(frames)).toBe('CZGCZGEZGEZHdddcCZHddddcCZ12HdddcCZ');
  });

  it('is the same for a function call', async () => {
    const int4pl = 177;
    const body = Buffer.from([
      ...[0, 0, 0, int4pl, 0, 1, 0, 1, 0, 2], // every argument in binary
      ...[0, 0, 0, 4, 0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0, 22, 0, 1],
    ]);
    const frames = await exchange([message('F', body)]);
    expect(frames).toEqual(['V\0\0\0\x0c\0\0\0\x04\0\0\0\x2a', 'Z\0\0\0\x05I']);
  });

  it('is the same for a message of an unknown type, which ends the session', async () => {
    const frames = await exchange([message('!', Buffer.alloc(0))]);
    expect(types(frames)).toBe('E');
    expect(frames[0]).toContain('08P01');
  });

  it('is the same for a client that ends its side, and waits for its answers', async () => {
    const frames = await talk((client) => {
      client.socket.end(serialize.query("select repeat('x', 1000000), pg_sleep(0.1)"));
      return client.readUntilReady();
    });
    expect(types(frames)).toBe('TDCZ');
  });

  it('is the same when the client breaks off in the middle of a message', async () => {
    const seen = await both.same(async (route) => {
      const client = await WireClient.start(route, { application_name: `gone from ${route.name}` });
      await client.readUntilReady();
      client.send(query('create table never_made (x int)').subarray(0, 12));
      client.socket.end();
      return typesOf(await client.readUntilReady());
    });
    expect(seen).toBe('');
  });
}
