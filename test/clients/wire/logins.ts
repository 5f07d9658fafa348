import { serialize } from 'pg-protocol';
import { expect, it, onTestFinished } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import type { Route } from '../route.ts';
import { typeOf, typesOf, WireClient } from './wire-client.ts';

const unacceptable: Record<string, string>[] = [
  { options: '-c work_mem=nonsense' },
  { options: '-c no_such_setting=1' },
  { options: '-c log_statement=all' },
  { options: '-c search_path="' },
  { work_mem: '1kB' },
  { TimeZone: 'Nowhere/City' },
  { client_encoding: 'KLINGON' },
  { no_such_setting: '1' },
];

/** What comes back when a session begins, or does not. */
export function describeLogins(both: BothRoutes): void {
  const refusal = async (route: Route, parameters: Record<string, string> = {}) => {
    const client = await WireClient.start(route, parameters);
    const frames = await client.readUntilReady();
    client.end();
    return frames.filter((frame) => typeOf(frame) === 'E').map((frame) => frame.toString('latin1'));
  };

  it('a setting that the server refuses at login is refused in its own words', async () => {
    const refusals = await both.same(async (route) => {
      const refusals: string[][] = [];
      for (const parameters of unacceptable) refusals.push(await refusal(route, parameters));
      return refusals;
    });
    expect(refusals.map((frames) => frames.length)).toEqual(unacceptable.map(() => 1));
  });

  it('a role that has too many connections is told so by the server', async () => {
    const role = `"${both.stack.direct.user}"`;
    onTestFinished(async () => void (await both.postgres.query(`alter role ${role} connection limit -1`)));
    await both.postgres.query(`alter role ${role} connection limit 0`);
    const [message] = await both.same((route) => refusal(route));
    expect(message).toContain('53300');
  });

  it('what the client sends behind its startup message, without waiting, is answered after the login', async () => {
    const types = await both.same(async (route) => {
      const client = await WireClient.start(route);
      client.send(serialize.query('select 1'), serialize.query('select 2'));
      const frames = [];
      for (let i = 0; i < 3; i++) frames.push(...(await client.readUntilReady()));
      client.end();
      return typesOf(frames);
    });
    expect(types).toMatch(/^RS+KZTDCZTDCZ$/);
  });

  it('of a setting that comes twice, the last counts, and its own parameter before "options"', async () => {
    const parameters = {
      TimeZone: 'UTC',
      timezone: 'Asia/Tokyo',
      work_mem: '8MB',
      options: '-c work_mem=7MB -c geqo=on -c geqo=off',
    };
    const rows = await both.same(async (route) => {
      const client = await WireClient.start(route, parameters);
      await client.readUntilReady();
      client.send(serialize.query('show timezone; show work_mem; show geqo'));
      const frames = await client.readUntilReady();
      client.end();
      return frames.filter((frame) => typeOf(frame) === 'D').map((frame) => frame.toString('latin1', 11));
    });
    expect(rows).toEqual(['Asia/Tokyo', '8MB', 'off']);
  });

  if (both.version >= 17) {
    it('what a login event trigger says comes where the server says it', async () => {
      onTestFinished(async () => {
        await both.postgres.query('drop event trigger if exists welcome; drop function if exists welcome()');
      });
      await both.postgres.query(`
        create function welcome() returns event_trigger language plpgsql
          as $$ begin raise notice 'welcome, %', session_user; set timezone = 'Asia/Tokyo';
            listen here; perform pg_notify('here', 'me'); end $$;
        create event trigger welcome on login execute function welcome();`);
      const frames = await both.same(async (route) => {
        const client = await WireClient.start(route);
        const frames = await client.readUntilReady();
        client.end();
        return frames.map((frame) => client.masked(frame));
      });
      const types = frames.map(([type]) => type).join('');
      expect(types).toMatch(/^RS+KN[SA]+Z$/);
      expect(types).toContain('A');
    });
  }
}
