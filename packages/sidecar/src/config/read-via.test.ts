import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse-config.ts';

const place = { path: '/etc/gprxy/config.toml', homedir: '/home/alice', runtimeDirectory: '/run/gprxy' };

function read(...lines: string[]) {
  const text = `[profiles.prod]
issuer = "https://login.example"
client_id = "gprxy-cli"
upstream = "postgresql://gw.example"
${lines.join('\n')}
`;
  const { profiles, problems } = parseConfig(text, { ...place, sshAgent: '/run/agent' });
  const problem = problems.get('prod');
  if (problem) throw problem;
  return profiles.get('prod')?.via;
}

describe('the way to an upstream in the configuration', () => {
  it('is straight unless "via" says otherwise', () => {
    expect(read()).toBeUndefined();
  });

  it('may be a proxy with a password in a file', () => {
    expect(read('via = "http://alice@proxy.example:3128"', 'via_password_file = "proxy-password"')).toMatchObject({
      kind: 'http',
      hop: { host: 'proxy.example', port: 3128, user: 'alice' },
      passwordFile: '/etc/gprxy/proxy-password',
    });
  });

  it('may be a jump host, with the agent and the known_hosts that ssh uses', () => {
    expect(read('via = "ssh://me@jump.example"')).toEqual({
      kind: 'ssh',
      hop: { host: 'jump.example', port: 22, user: 'me' },
      sshAgent: '/run/agent',
      knownHostsFiles: ['/home/alice/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'],
    });
  });

  it('may be a jump host with a key and known_hosts of its own', () => {
    const keys = ['ssh_key_file = "~/.ssh/jump"', 'ssh_known_hosts_file = "known_hosts"'];
    expect(read('via = "ssh://me@jump.example:2222"', ...keys)).toMatchObject({
      sshKeyFile: '/home/alice/.ssh/jump',
      knownHostsFiles: ['/etc/gprxy/known_hosts'],
    });
  });

  it.each([
    [['via = "proxy.example"'], 5, 'it starts with none of http://'],
    [['via = "ssh://jump.example"'], 5, 'names no user'],
    [['via = "http://alice:secret@proxy.example"'], 5, 'it holds a password'],
    [['ssh_key_file = "x"'], 5, 'needs "via"'],
    [['via = "http://proxy"', 'ssh_key_file = "x"'], 6, 'has no meaning with via = "http://..."'],
    [['via = "ssh://me@jump"', 'via_password_file = "x"'], 6, 'has no meaning with via = "ssh://..."'],
  ])('with %j is refused, with the line', (lines, line, message) => {
    expect(() => read(...lines)).toThrow(expect.objectContaining({ line, message: expect.stringContaining(message) }));
    expect(() => read(...lines)).not.toThrow('secret');
  });
});
