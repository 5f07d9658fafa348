import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSquatter } from './cli-dsn/squatter.ts';
import { examine } from './doctor.testing.ts';
import { type SignedIn, startSignedIn } from './signed-in-shell.testing.ts';
import { Terminal } from './terminal.testing.ts';

describe('gprxy doctor on a set-up that works', () => {
  let signedIn: SignedIn;
  let configFile: string;
  let config: string;
  beforeAll(async () => {
    signedIn = await startSignedIn();
    configFile = join(signedIn.shell.home, 'config/gprxy/config.toml');
    config = await readFile(configFile, 'utf8');
  });
  afterAll(() => signedIn[Symbol.asyncDispose]());
  afterEach(async () => {
    await writeFile(configFile, config);
  });

  /** The same set-up with one thing changed in its file. */
  const changed = (pattern: RegExp, replacement: string) => writeFile(configFile, config.replace(pattern, replacement));

  it('finds nothing wrong once the sidecar runs', async () => {
    const before = await examine(signedIn.shell);
    expect(before.exitCode, before.output).toBe(0);
    expect(before.about('sidecar')).toMatchObject({
      verdict: 'warning',
      message: 'it does not run',
      hint: 'Run "gprxy start --detach".',
    });
    await signedIn.shell.run('gprxy start --detach');
    try {
      const { exitCode, output, about } = await examine(signedIn.shell);
      expect(exitCode, output).toBe(0);
      expect(output).toContain('All is well.');
      expect(about('login').message).toMatch(/^Alice Example <alice@corp\.example>, token expires in \d+ /);
      expect(about('audience').message).toBe(signedIn.provider.audience);
      expect(about('certificate').message).toMatch(/for localhost.*, by CN=gprxy test CA, valid from \d{4}-/);
      expect(about('upstream').message).toBe('logged in as alice@corp.example, database sales');
      expect(about('sidecar').message).toMatch(/^runs \(pid \d+\), on 127\.0\.0\.1:\d+$/);
    } finally {
      await signedIn.shell.run('gprxy stop');
    }
  });

  it('S18 tells no token and no password of a proxy', async () => {
    const token = (await signedIn.shell.run('gprxy get-token')).stdout.trim();
    const { output } = await examine(signedIn.shell, { HTTPS_PROXY: 'http://alice:hunter2@127.0.0.1:1' });
    expect(output).toContain('HTTPS_PROXY=http://***@127.0.0.1:1');
    expect(output).not.toContain('hunter2');
    expect(output).not.toContain(token);
  });

  it('tells of a proxy that is none', async () => {
    const { exitCode, about } = await examine(signedIn.shell, {
      HTTP_PROXY: 'socks5://127.0.0.1:1',
      NO_PROXY: '127.0.0.1',
    });
    expect(exitCode).toBe(3);
    expect(about('proxies')).toMatchObject({ verdict: 'problem', message: 'HTTP_PROXY is not the URL of a proxy' });
  });

  it('finds a bad key in the configuration, with its line and what was meant', async () => {
    await changed(/upstream = /, 'upstraem = ');
    const { exitCode, about } = await examine(signedIn.shell);
    expect(exitCode).toBe(3);
    expect(about('configuration').message).toMatch(/config\.toml:\d+: unknown key "upstraem"/);
    expect(about('configuration').message).toContain('did you mean "upstream"?');
    expect(about('upstream')).toMatchObject({ verdict: 'skipped' });
  });

  it('warns of another profile that cannot be used', async () => {
    await writeFile(configFile, `${config}\n[profiles.dev]\nissuer = "nonsense"\n`);
    const { exitCode, about } = await examine(signedIn.shell);
    expect(exitCode).toBe(0);
    expect(about('configuration')).toMatchObject({ verdict: 'warning' });
    expect(about('configuration').message).toMatch(/profile "default" is good, another is not: .*issuer/);
  });

  it('finds a token for another audience', async () => {
    await changed(/\nlisten = /, '\naudience = "https://other.example"\nlisten = ');
    const { exitCode, about } = await examine(signedIn.shell);
    expect(exitCode).toBe(3);
    expect(about('audience').message).toBe(
      `the token is for ${signedIn.provider.audience}, not for https://other.example`,
    );
  });

  it('finds a port that somebody else has, and who that is', async () => {
    await using squatter = await startSquatter();
    await changed(/listen = .*/, `listen = "127.0.0.1:${squatter.port}"`);
    const { exitCode, about } = await examine(signedIn.shell);
    expect(exitCode).toBe(3);
    expect(about('ports').message).toMatch(
      process.platform === 'linux'
        ? new RegExp(`^port ${squatter.port} is in use by process ${process.pid} \\(.+\\)$`)
        : /in use by/,
    );
    expect(about('ports').hint).toContain('choose another port');
  });

  it('finds files that others can read', async () => {
    const logins = join(signedIn.shell.home, 'state/logins');
    await chmod(logins, 0o755);
    try {
      const { exitCode, about } = await examine(signedIn.shell);
      expect(exitCode).toBe(8);
      expect(about('files').message).toBe(`${logins} is open to other users (mode 0755)`);
      expect(about('files').hint).toBe(`Run "chmod 700 '${logins}'".`);
    } finally {
      await chmod(logins, 0o700);
    }
  });

  it('finds a token that the upstream refuses, with the words of the server', async () => {
    await signedIn.postgres.query('alter role "alice@corp.example" nologin');
    try {
      const { exitCode, about } = await examine(signedIn.shell);
      expect(exitCode).toBe(7);
      expect(about('upstream').message).toContain('role "alice@corp.example" is not permitted to log in');
      expect(about('upstream').hint).toContain('gprxy whoami');
    } finally {
      await signedIn.postgres.query('alter role "alice@corp.example" login');
    }
  });

  it('finds nothing wrong with a profile that leaves the database to its clients', async () => {
    await changed(/\/sales\?/, '/?');
    await signedIn.postgres.query('alter database postgres rename to elsewhere');
    try {
      const { exitCode, about } = await examine(signedIn.shell);
      expect(exitCode).toBe(0);
      expect(about('upstream')).toMatchObject({
        verdict: 'ok',
        message: expect.stringMatching(/^it answers, and has no/),
      });
    } finally {
      await signedIn.postgres.query('alter database elsewhere rename to postgres');
    }
  });

  it('finds a clock that is more than a minute off', async () => {
    const clock = join(signedIn.shell.home, 'clock.mjs');
    await writeFile(clock, 'const now = Date.now; Date.now = () => now() + Number(process.env.AHEAD_MS);');
    const withClock = (aheadMs: number) =>
      examine(signedIn.shell, { NODE_OPTIONS: `--import=${clock}`, AHEAD_MS: String(aheadMs) });
    expect((await withClock(40_000)).about('clock')).toMatchObject({ verdict: 'ok' });
    const { exitCode, about } = await withClock(-90_000);
    expect(exitCode).toBe(1);
    expect(about('clock').message).toMatch(/^this clock is (89|90|91) seconds behind that of http/);
    expect(about('clock').hint).toContain('timedatectl');
    // By another clock the token was too old.
    await signedIn.acceptToken();
  });

  it('finds a provider that cannot be reached', async () => {
    await signedIn.provider.pause();
    try {
      const { exitCode, about } = await examine(signedIn.shell);
      expect(exitCode).toBe(6);
      expect(about('issuer').message).toMatch(/cannot be reached: .*ECONNREFUSED/);
      expect(about('clock')).toMatchObject({ verdict: 'skipped' });
      // The token in the store is still good, and so is the way to the database.
      expect(about('upstream'), about('upstream').message).toMatchObject({ verdict: 'ok' });
    } finally {
      await signedIn.provider.resume();
    }
  });

  it('finds a provider that does not answer, within its time limit', async () => {
    await signedIn.provider.pause('hang');
    try {
      const { exitCode, about } = await examine(signedIn.shell);
      expect(exitCode).toBe(6);
      expect(about('issuer').message).toContain('cannot be reached: no answer within 10 s');
    } finally {
      await signedIn.provider.resume();
    }
  });

  it('shows on a terminal what is still being checked, and then the report', async () => {
    const { shell, gprxy } = signedIn;
    const line = `stty cols 200; '${process.execPath}' '${gprxy.bin}' doctor`;
    await using terminal = new Terminal(line, { ...shell.env, TERM: 'xterm-256color' }, shell.home);
    await terminal.shows(/checking: .*certificate/);
    await terminal.shows(/ok.*node.*version/);
    await terminal.shows(/1 warning\./);
  });

  it('draws nothing on a terminal that says it has no width', async () => {
    const { shell, gprxy } = signedIn;
    const line = `stty cols 0; '${process.execPath}' '${gprxy.bin}' doctor`;
    await using terminal = new Terminal(line, { ...shell.env, TERM: 'xterm-256color' }, shell.home);
    await terminal.shows(/1 warning\./);
  });

  it('finds an issuer that calls itself otherwise', async () => {
    await changed(/issuer = "http:\/\/127\.0\.0\.1/, 'issuer = "http://localhost');
    const { exitCode, about } = await examine(signedIn.shell);
    expect(exitCode).toBe(5);
    expect(about('issuer').message).toContain(`calls itself ${signedIn.provider.issuer}`);
  });

  it('finds an upstream whose authority is not trusted', async () => {
    await changed(/\?sslrootcert=[^"]+/, '');
    const { exitCode, about } = await examine(signedIn.shell);
    expect(exitCode).toBe(7);
    expect(about('certificate').message).toMatch(
      /^the certificate of localhost:\d+ comes from an authority that is not/,
    );
    expect(about('certificate').detail).toMatch(/^It is for localhost.*, by CN=gprxy test CA, valid from/);
    expect(about('upstream')).toMatchObject({ verdict: 'skipped' });
  });

  it('finds an upstream that is not there', async () => {
    await changed(/localhost:\d+/, 'localhost:1');
    const { exitCode, about } = await examine(signedIn.shell);
    expect(exitCode).toBe(7);
    expect(about('certificate').message).toBe('could not connect to localhost:1: nothing listens there (ECONNREFUSED)');
  });
});
