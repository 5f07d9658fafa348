import { signInAtBrowser } from '@gprxy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageWithCode, type SignInHome, SignInWorld } from './sign-in.testing.ts';

let world: SignInWorld;
beforeAll(async () => {
  world = await SignInWorld.start();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const browser = 'login_on_connect = "browser"';
const desktop = { DISPLAY: ':99' };
const hint = 'Run "gprxy login --profile prod".';

function connect(home: SignInHome) {
  const client = new pg.Client({ host: '127.0.0.1', port: home.port, database: 'sales' });
  client.on('error', () => {});
  const connected = client.connect();
  connected.catch(() => {});
  return { client, connected };
}

async function window(home: SignInHome): Promise<string> {
  await expect.poll(() => home.windows(), { timeout: 20_000 }).toHaveLength(1);
  return (await home.windows())[0] ?? '';
}

describe('login_on_connect = "browser"', { timeout: 60_000 }, () => {
  it('opens one window for a hundred clients, who all go on once the person has signed in there', async () => {
    await using home = await world.openHome(browser, desktop);
    const clients = Array.from({ length: 100 }, () => connect(home));
    await expect.poll(async () => (await home.look()).connections, { timeout: 20_000 }).toBe(100);
    const page = await window(home);
    expect(page).toContain('code_challenge_method=S256');
    await signInAtBrowser(page, { user: 'alice' });
    await Promise.all(clients.map(({ connected }) => connected));
    const { rows } = (await clients[99]?.client.query('select session_user as person')) ?? {};
    expect(rows).toEqual([{ person: 'alice@corp.example' }]);
    await Promise.all(clients.map(({ client }) => client.end()));
    expect(await home.windows()).toHaveLength(1);
  });

  it('S26 opens no second window after a refusal, however many connect; "gprxy login" works meanwhile, and they join it', async () => {
    await using home = await world.openHome(`${browser}\nlogin = "device"`, desktop);
    const refused = connect(home);
    await world.stack.provider.deny(await window(home));
    await expect(refused.connected).rejects.toMatchObject({ code: '28P01', hint });
    const before = world.asked;
    for (const { connected } of Array.from({ length: 50 }, () => connect(home))) {
      await expect(connected).rejects.toMatchObject({
        ...{ code: '28P01', hint },
        message: expect.stringContaining('the last login came to nothing, and no other begins by itself for 5 minutes'),
      });
    }
    expect([(await home.windows()).length, world.asked]).toEqual([1, before]);
    const login = home.shell.start('gprxy login');
    const [, page = ''] = await login.says(pageWithCode);
    const joined = connect(home);
    await expect.poll(async () => (await home.look()).connections).toBe(1);
    await world.stack.provider.approve(page, 'alice');
    await joined.connected;
    await joined.client.end();
    expect(await home.windows()).toHaveLength(1);
  });

  it.each([
    ['without a screen', {}, 'there is no screen here'],
    ['in an SSH session', { ...desktop, SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' }, 'this is an SSH session'],
  ])('refuses %s, and says why', async (_where, env, why) => {
    await using home = await world.openHome(browser, env);
    await expect(connect(home).connected).rejects.toMatchObject({
      ...{ code: '28P01', severity: 'FATAL', hint },
      message: expect.stringContaining(`no browser can be opened: ${why}`),
    });
    expect(await home.windows()).toEqual([]);
  });

  it('opens the page with the code where the provider has no login in the browser', async () => {
    await using home = await world.openHome(`${browser}\nlogin = "device"`, desktop);
    const { client, connected } = connect(home);
    const page = await window(home);
    expect(page).toMatch(/user_code=/);
    await world.stack.provider.approve(page, 'alice');
    await connected;
    await client.end();
  });
});
