import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageWithCode, type SignInHome, SignInWorld } from './sign-in.testing.ts';
import { Terminal } from './terminal.testing.ts';

let world: SignInWorld;
beforeAll(async () => {
  world = await SignInWorld.start();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const startPsql = (home: SignInHome) => new Terminal(home.psql, { PATH: process.env.PATH ?? '' }, home.shell.home);

describe('login_on_connect = "notice"', () => {
  it('S34 has psql on a terminal show where to sign in, wait, and go on as that person', async () => {
    await using home = await world.openHome('login_on_connect = "notice"');
    await using psql = startPsql(home);
    const [shown] = await psql.shows(/NOTICE:(?:.|\s)*HINT:.*gives up\./);
    const host = new URL(world.stack.provider.issuer).host;
    expect(shown).toContain(`NOTICE:  Sign in at ${host} as client gprxy-cli:`);
    expect(shown).toMatch(/ {2}enter {3}\S+\r\n {2}expires in (9|10) minutes, at \d\d:\d\d/);
    await world.stack.provider.approve(pageWithCode.exec(shown)?.[1] ?? '', 'alice');
    await psql.shows(/sales=> /);
    psql.type('select session_user as person, 6 * 7 as answer;\n');
    await psql.shows(/alice@corp\.example\|42/);
  });
});
