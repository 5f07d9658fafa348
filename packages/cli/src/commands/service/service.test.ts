import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { has } from '@gprxy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { prodProfile, runInWorld, runningStatus } from '../../dependencies.testing.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';
import { launchdService } from './launchd-service.ts';
import type { ServiceInput } from './service-definition.ts';
import { systemdService } from './systemd-service.ts';
import { windowsService } from './windows-service.ts';

const input: ServiceInput = {
  platform: 'linux',
  env: { GPRXY_CONFIG: '/home/al ice/100%.toml', HTTPS_PROXY: 'http://proxy:3128', SECRET: 'x' },
  homedir: '/home/alice',
  uid: 1000,
  self: ['/opt/no de/bin/node', '/opt/gprxy/bin/gprxy.cjs'],
  logFile: '/home/alice/.local/state/gprxy/gprxy.log',
  startArguments: ['--profile', 'prod'],
  sockets: [],
};

describe('service: arguments to options', () => {
  it.each([
    { args: ['install'], command: 'serviceInstall', options: {} },
    {
      args: ['install', '--profile', 'a', '--dry-run'],
      command: 'serviceInstall',
      options: { profile: ['a'], dryRun: true },
    },
    { args: ['uninstall'], command: 'serviceUninstall', options: {} },
    { args: ['status'], command: 'serviceStatus', options: undefined },
  ])('reads $args', async ({ args, command, options }) => {
    expect(await parseArguments(['service', ...args])).toEqual({ command, options });
  });
});

describe('service: options to output', () => {
  const home = async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gprxy-service-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    return { env: { XDG_CONFIG_HOME: directory }, unit: join(directory, 'systemd', 'user', 'gprxy.service') };
  };
  const commandsOf = ({ programs }: Awaited<ReturnType<typeof runInWorld>>) =>
    programs.map(({ command, args }) => [command, ...args].join(' '));

  it('installs, shows and removes a unit', async () => {
    const { env, unit } = await home();
    const installed = await runInWorld(['service', 'install'], { config: prodProfile, env });
    expect(installed.exitCode).toBe(0);
    expect(commandsOf(installed)).toEqual([
      'systemctl --user show-environment',
      'systemctl --user daemon-reload',
      'systemctl --user enable --now gprxy.socket gprxy.service',
    ]);
    expect(installed.stderr).toMatch(
      /Installed and started: .*gprxy\.service\n.*enable-linger.*\n.*gprxy stop.*\nLog: journalctl --user/,
    );
    expect(await readFile(unit, 'utf8')).toContain('ExecStart=/usr/bin/node /usr/bin/gprxy start\n');
    expect(await readFile(unit, 'utf8')).toContain('Restart=on-failure\n');
    expect(await readFile(unit, 'utf8')).toContain('WatchdogSec=3min\n');
    const status = await runInWorld(['service', 'status'], { env });
    expect(commandsOf(status)).toEqual(['systemctl --user status --no-pager gprxy.service']);
    const removed = await runInWorld(['service', 'uninstall'], { env });
    expect(commandsOf(removed)).toEqual([
      'systemctl --user disable --now gprxy.socket',
      'systemctl --user disable --now gprxy.service',
      'systemctl --user daemon-reload',
    ]);
    await expect(access(unit)).rejects.toThrow('ENOENT');
  });

  it('has the system listen in its place, and takes that back first', async () => {
    const { env, unit } = await home();
    const socket = unit.replace('.service', '.socket');
    const config = prodProfile.replace(/listen = .*/, 'listen = ["127.0.0.1:5433", "unix:/run/gprxy-test"]');
    const installed = await runInWorld(['service', 'install'], { config, env });
    expect(commandsOf(installed).at(-1)).toBe('systemctl --user enable --now gprxy.socket gprxy.service');
    const text = await readFile(socket, 'utf8');
    expect(text).toContain('ListenStream=127.0.0.1:5433\n');
    expect(text).toContain('ListenStream=/run/gprxy-test/.s.PGSQL.5432\nSocketMode=0600\nDirectoryMode=0700\n');
    expect(await readFile(unit, 'utf8')).toContain('Requires=gprxy.socket\nAfter=gprxy.socket\n');
    const removed = await runInWorld(['service', 'uninstall'], { env });
    expect(commandsOf(removed)[0]).toBe('systemctl --user disable --now gprxy.socket');
    await expect(access(socket)).rejects.toThrow('ENOENT');
  });

  it('stops a sidecar that would be in its way', async () => {
    const world = { config: prodProfile, status: runningStatus([{}]), ...(await home()) };
    expect((await runInWorld(['service', 'install'], world)).exitCode).toBe(0);
  });

  it('restarts through the system once it is installed', async () => {
    const { env } = await home();
    await runInWorld(['service', 'install'], { config: prodProfile, env });
    const restarted = await runInWorld(['restart'], { config: prodProfile, env });
    expect(commandsOf(restarted)).toEqual(['systemctl --user restart gprxy.service']);
  });

  it('refuses kindly where nothing would run it', async () => {
    const { env, unit } = await home();
    const world = { config: prodProfile, env, runProgram: async () => 1 };
    const { exitCode, stderr } = await runInWorld(['service', 'install'], world);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/nothing here that would run a systemd user unit\n.*container.*\n.*gprxy start --detach/);
    await expect(access(unit)).rejects.toThrow('ENOENT');
  });

  it('does not install what could not start', async () => {
    const { exitCode, programs } = await runInWorld(['service', 'install'], { config: '[profiles', ...(await home()) });
    expect({ exitCode, programs }).toEqual({ exitCode: 3, programs: [] });
  });

  it.each(['linux', 'darwin', 'win32'] as const)('only prints what it would do, on %s', async (platform) => {
    const world = { config: prodProfile, platform, ...(await home()) };
    const { exitCode, stdout, stderr, programs } = await runInWorld(['service', 'install', '--dry-run'], world);
    expect({ exitCode, programs }).toEqual({ exitCode: 0, programs: [] });
    expect(stdout).toMatch(/^(\[Unit\]|<\?xml)/);
    expect(stderr).toMatch(/^(Would write .*:\n){1,2}Would run (systemctl|launchctl|schtasks)/);
  });

  it('says what is not there', async () => {
    const { env } = await home();
    expect(await runInWorld(['service', 'status'], { env })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('gprxy service install'),
    });
    expect((await runInWorld(['service', 'uninstall'], { env })).exitCode).toBe(0);
    expect((await runInWorld(['service', 'status'], { platform: 'aix' })).stderr).toContain('no service of aix');
  });
});

describe('the systemd unit', () => {
  it('quotes what systemd would take for something else, and carries no more of the environment than is needed', () => {
    const { text } = systemdService(input);
    expect(text).toContain('ExecStart="/opt/no de/bin/node" /opt/gprxy/bin/gprxy.cjs start --profile prod\n');
    expect(text).toContain('Environment="GPRXY_CONFIG=/home/al ice/100%%.toml"\n');
    expect(text).toContain('Environment=HTTPS_PROXY=http://proxy:3128\n');
    expect(text).not.toContain('SECRET');
  });

  it.runIf(has.systemd)('has nothing that systemd-analyze would complain about', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gprxy-unit-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const unit = join(directory, 'gprxy.service');
    await writeFile(unit, systemdService({ ...input, self: [process.execPath, '/opt/no de/gprxy.cjs'] }).text);
    const withSocket = { ...input, sockets: ['127.0.0.1:5433', '[::1]:5433', '/run/a/.s.PGSQL.5432'] };
    const socket = join(directory, 'gprxy.socket');
    await writeFile(socket, systemdService(withSocket).socket?.text ?? '');
    const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', '--man=no', unit, socket]);
    expect(`${stdout}${stderr}`).not.toMatch(/gprxy\.(service|socket)/);
  });
});

describe('the launchd agent', () => {
  it('is a property list with the command line, the log and the variables', () => {
    const { text, file } = launchdService({ ...input, env: { GPRXY_CONFIG: '/Users/a&b/c.toml' } });
    expect(file).toBe('/home/alice/Library/LaunchAgents/dev.gprxy.sidecar.plist');
    expect(text).toContain('<string>/opt/no de/bin/node</string>');
    expect(text).toContain('<key>GPRXY_CONFIG</key>\n    <string>/Users/a&amp;b/c.toml</string>');
    expect(text).toMatch(/<string>--log-file<\/string>\n\s*<string>\/home\/alice\/.*gprxy\.log<\/string>/);
  });
});

describe('the task of Windows', () => {
  const windows = {
    ...input,
    platform: 'win32',
    logFile: 'C:\\Users\\al ice\\gprxy.log',
    self: ['C:\\no de\\node.exe'],
  } as const;

  it('quotes arguments as Windows takes them apart', () => {
    const { text, file } = windowsService({ ...windows, env: { USERNAME: 'alice', USERDOMAIN: 'CORP' } });
    expect(file).toBe('C:\\Users\\al ice\\gprxy-task.xml');
    expect(text).toContain('<Command>C:\\no de\\node.exe</Command>');
    expect(text).toContain('<Arguments>start --profile prod --log-file "C:\\Users\\al ice\\gprxy.log"</Arguments>');
    expect(text).toContain('<UserId>CORP\\alice</UserId>');
    expect(text.startsWith('\ufeff<?xml')).toBe(true);
  });
});
