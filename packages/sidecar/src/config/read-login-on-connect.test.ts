import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse-config.ts';

const place = { path: '/home/alice/config.toml', homedir: '/home/alice', runtimeDirectory: '/run/user/1/gprxy' };
const table = [
  '[profiles.prod]',
  'issuer = "https://login.corp.example"',
  'client_id = "gprxy-cli"',
  'upstream = "postgresql://gateway.corp.example:6432"',
];
const parse = (...lines: string[]) => {
  const { profiles, problems } = parseConfig([...table, ...lines].join('\n'), place);
  return { loginOnConnect: profiles.get('prod')?.loginOnConnect, problem: problems.get('prod')?.message };
};

describe('login_on_connect', () => {
  it('is "off" unless the profile says otherwise', () => {
    expect(parse()).toEqual({ loginOnConnect: undefined, problem: undefined });
    expect(parse('login_on_connect = "off"').loginOnConnect).toBeUndefined();
  });

  it.each(['notice', 'browser'])('"%s" has clients wait for five minutes', (how) => {
    expect(parse(`login_on_connect = "${how}"`).loginOnConnect).toEqual({ how, waitMs: 300_000 });
  });

  it('has them wait as long as login_wait says', () => {
    expect(parse('login_on_connect = "notice"', 'login_wait = "90s"').loginOnConnect?.waitMs).toBe(90_000);
  });

  it('names the words that it takes', () => {
    expect(parse('login_on_connect = "always"').problem).toMatch(/:5: .* must be "off", "notice" or "browser"/);
    expect(parse('login_on_conect = "notice"').problem).toMatch(/did you mean "login_on_connect"\?/);
  });

  it('S15 cannot stand where other users of the machine may connect', () => {
    const { problem, loginOnConnect } = parse('local_auth = "trust"', 'login_on_connect = "browser"');
    expect(problem).toMatch(/:6: "login_on_connect" cannot stand beside local_auth = "trust"/);
    expect(loginOnConnect).toBeUndefined();
  });

  it('is a key of people, not of jobs', () => {
    const job = '[profiles.job]\ncredential = "env"\ntoken_env = "TOKEN"\nupstream = "postgresql://h"';
    const { problems } = parseConfig(`${job}\nlogin_on_connect = "notice"`, place);
    expect(problems.get('job')?.message).toMatch(/"login_on_connect" goes with credential = "oidc"/);
  });
});
