import { has, type Program, programs, spawnProgram } from '@gprxy/testkit';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageWithCode, type SignInHome, SignInWorld } from './sign-in.testing.ts';
import { Terminal } from './terminal.testing.ts';

let world: SignInWorld;
beforeAll(async () => {
  world = await SignInWorld.start({ provider: { refreshTokenTtlSeconds: 3_600 } });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const PATH = process.env.PATH ?? '';
const java = new URL('cli-dsn/WhoAmI.java', import.meta.url).pathname;
const whoAmI = "select session_user || '@' || current_database()";
const alice = 'alice@corp.example@sales';

/** A client that has been told where to sign in. */
async function connecting(home: SignInHome, options: pg.ClientConfig = {}) {
  const client = new pg.Client({ host: '127.0.0.1', port: home.port, database: 'sales', ...options });
  client.on('error', () => {});
  let page: (found: string) => void = () => {};
  const told = new Promise<string>((resolve) => {
    page = resolve;
  });
  client.on('notice', ({ message }) => page(pageWithCode.exec(String(message))?.[1] ?? ''));
  const connected = client.connect();
  connected.catch(() => {});
  return { client, connected, page: await Promise.race([told, connected.then(() => '')]) };
}

function startPsql(home: SignInHome, ...args: string[]): Program {
  const where = ['-X', '-At', '-h', '127.0.0.1', '-p', String(home.port), 'sales'];
  return spawnProgram({ command: 'psql', args: [...where, ...args], env: { PATH } });
}

describe('login_on_connect = "notice"', { timeout: 60_000 }, () => {
  it.runIf(has.psql && has.terminal)(
    'S34 has psql on a terminal show where to sign in, wait, and go on as that person',
    async () => {
      await using home = await world.openHome('login_on_connect = "notice"');
      await using psql = new Terminal(home.psql, { PATH }, home.shell.home);
      const [shown] = await psql.shows(/NOTICE:(?:.|\s)*HINT:.*gives up\./);
      const host = new URL(world.stack.provider.issuer).host;
      expect(shown).toContain(`NOTICE:  Sign in at ${host} as client gprxy-cli:`);
      expect(shown).toMatch(/ {2}enter {3}\S+\r\n {2}expires in (9|10) minutes, at \d\d:\d\d/);
      await world.stack.provider.approve(pageWithCode.exec(shown)?.[1] ?? '', 'alice');
      await psql.shows(/sales=> /);
      psql.type('select session_user as person, 6 * 7 as answer;\n');
      await psql.shows(/alice@corp\.example\|42/);
    },
  );

  it.runIf(has.psql && has.psycopg2 && has.jdbc)(
    'every client waits for the same login, and goes on with its query: psql, psycopg2, JDBC, node-postgres, postgres.js',
    async () => {
      await using home = await world.openHome('login_on_connect = "notice"');
      const before = world.asked;
      const url = `postgresql://127.0.0.1:${home.port}/sales`;
      const psql = startPsql(home, '-c', whoAmI);
      const python = `import psycopg2\nc = psycopg2.connect("${url}").cursor()\nc.execute("${whoAmI}")\nprint(c.fetchone()[0])`;
      const psycopg2 = spawnProgram({ command: programs.python, args: ['-c', python] });
      const jdbc = spawnProgram({ command: 'java', args: ['-cp', programs.jdbcDriver, java, `jdbc:${url}?user=x`] });
      const { client, connected, page } = await connecting(home);
      const sql = postgres({ host: '127.0.0.1', port: home.port, database: 'sales', user: 'x', onnotice: () => {} });
      const row = sql.unsafe(whoAmI).then(([first]) => Object.values(first ?? {}));
      row.catch(() => {});
      await expect.poll(async () => (await home.look()).connections, { timeout: 20_000 }).toBe(5);
      await world.stack.provider.approve(page, 'alice');
      await connected;
      const { rows } = await client.query({ text: whoAmI, rowMode: 'array' });
      expect([rows[0], await row]).toEqual([[alice], [alice]]);
      await Promise.all([client.end(), sql.end()]);
      for (const program of [psql, psycopg2]) {
        const { exitCode, stdout, stderr } = await program.ended;
        expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: `${alice}\n` });
        expect(stderr).toContain(page);
      }
      expect(await jdbc.ended).toMatchObject({ exitCode: 0, stdout: `${alice}\n`, stderr: '' });
      expect(world.asked - before).toBe(1);
    },
  );

  it('a hundred clients are one login at the provider', async () => {
    await using home = await world.openHome('login_on_connect = "notice"');
    const before = world.asked;
    const clients = await Promise.all(Array.from({ length: 100 }, () => connecting(home)));
    const pages = new Set(clients.map(({ page }) => page));
    expect([pages.size, world.asked - before]).toEqual([1, 1]);
    await world.stack.provider.approve([...pages][0] ?? '', 'alice');
    await Promise.all(clients.map(({ connected }) => connected));
    await Promise.all(clients.map(({ client }) => client.end()));
  });

  it.runIf(has.psql)('who gives up with Ctrl-C finds the same page when they come back', async () => {
    await using home = await world.openHome('login_on_connect = "notice"');
    const first = startPsql(home, '-c', whoAmI);
    const [, page = ''] = await first.waitForLine(pageWithCode);
    await first.stop('SIGINT');
    await expect.poll(async () => (await home.look()).connections).toBe(0);
    const second = startPsql(home, '-c', whoAmI);
    expect((await second.waitForLine(pageWithCode))[1]).toBe(page);
    await world.stack.provider.approve(page, 'alice');
    expect(await second.ended).toMatchObject({ exitCode: 0, stdout: `${alice}\n` });
  });

  it('a login that "gprxy login" has begun is shown, and one of the daemon is what "gprxy login" joins', async () => {
    await using home = await world.openHome('login_on_connect = "notice"');
    const before = world.asked;
    const waiting = await connecting(home);
    const login = home.shell.start('gprxy login');
    await login.says(/Joining the login with a code that process \d+ has begun/);
    await world.stack.provider.approve(waiting.page, 'alice');
    expect(await login.ended).toMatchObject({ exitCode: 0 });
    await waiting.connected;
    await waiting.client.end();
    await home.shell.run('gprxy logout');
    const byHand = home.shell.start('gprxy login');
    const [, page = ''] = await byHand.says(pageWithCode);
    const joined = await connecting(home);
    expect(joined.page).toBe(page);
    await world.stack.provider.approve(page, 'bob');
    await joined.connected;
    const { rows } = await joined.client.query(`${whoAmI} as who`);
    expect(rows).toEqual([{ who: 'bob@corp.example@sales' }]);
    await joined.client.end();
    expect(world.asked - before).toBe(2);
  });
});

describe('a wait that ends in nothing ends in a FATAL that says what to type', { timeout: 60_000 }, () => {
  const hint = 'Run "gprxy login --profile prod".';

  it('after login_wait', async () => {
    await using home = await world.openHome('login_on_connect = "notice"\nlogin_wait = "1s"');
    const { connected } = await connecting(home);
    await expect(connected).rejects.toMatchObject({
      ...{ code: '28P01', severity: 'FATAL', hint },
      message: 'nobody has signed in (profile "prod") within 1 s',
    });
  });

  it('after a refusal, and the next one is not asked at all', async () => {
    await using home = await world.openHome('login_on_connect = "notice"');
    const { connected, page } = await connecting(home);
    await world.stack.provider.deny(page);
    await expect(connected).rejects.toMatchObject({ code: '28P01', severity: 'FATAL', hint });
    const before = world.asked;
    const next = await connecting(home).catch((error) => error);
    expect(next).toMatchObject({
      code: '28P01',
      hint,
      message: expect.stringMatching(/no other begins by itself for 5 minutes/),
    });
    expect(world.asked).toBe(before);
  });

  it('while the sidecar drains: 57P03, at once', async () => {
    await using home = await world.openHome('login_on_connect = "notice"\ndrain_timeout = "60s"');
    const { connected } = await connecting(home);
    const stopped = home.shell.run('gprxy stop');
    await expect(connected).rejects.toMatchObject({ code: '57P03', severity: 'FATAL' });
    expect(await stopped).toMatchObject({ exitCode: 0 });
  });

  it('when the gateway does not know the person: its own words, behind AuthenticationOk', async () => {
    await using home = await world.openHome('login_on_connect = "notice"');
    const { connected, page } = await connecting(home);
    await world.stack.provider.approve(page, 'mallory');
    await expect(connected).rejects.toMatchObject({ code: '28000', severity: 'FATAL', hint: expect.any(String) });
  });
});
