import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { has, temporaryDirectory } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { configOf } from './config.testing.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [, example = ''] = /```toml\n([\s\S]*?)```/.exec(readme) ?? [];

describe('the example in the README', () => {
  it('is a file that the gateway takes', () => {
    const config = configOf(example);
    expect([...config.databases.keys()]).toEqual(['sales']);
    expect(config.rules).toHaveLength(2);
  });

  it('says the defaults where it says that it does', () => {
    const { claimSettings } = configOf(example.replace(/\[settings\][\s\S]*?\n\n/, ''));
    expect(configOf(example).claimSettings).toEqual(claimSettings);
  });
});

describe.runIf(has.openssl)('the certificates of the README', () => {
  it('are made by its four commands: one for the address of the gateway, one for PostgreSQL, of one authority', async () => {
    const [, script = ''] = /### Certificates without an authority\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? [];
    await using place = await temporaryDirectory({ prefix: 'gateway-readme-' });
    execFileSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: place.path, stdio: 'ignore' });
    const certificate = (name: string) => new X509Certificate(readFileSync(join(place.path, `${name}.crt`)));
    const authority = certificate('ca');
    const [server, gateway] = [certificate('server'), certificate('gateway')];
    for (const issued of [server, gateway]) expect(issued.verify(authority.publicKey)).toBe(true);
    expect(server.checkHost('gateway.corp.example')).toBe('gateway.corp.example');
    expect(gateway.subject).toBe('CN=gprxy-gateway');
  });
});
