import { posix } from 'node:path';
import { carriedVariables, type ServiceDefinition, type ServiceInput } from './service-definition.ts';

const unit = 'gprxy.service';

/** A user unit of systemd (systemd.service(5), systemd.exec(5)). */
export function systemdService(input: ServiceInput): ServiceDefinition {
  const { env, homedir } = input;
  const config =
    env.XDG_CONFIG_HOME && posix.isAbsolute(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : posix.join(homedir, '.config');
  const systemctl = (...args: string[]) => ['systemctl', '--user', ...args] as const;
  return {
    kind: 'systemd user unit',
    file: posix.join(config, 'systemd', 'user', unit),
    text: unitText(input),
    encoding: 'utf8',
    probe: systemctl('show-environment'),
    install: [systemctl('daemon-reload'), systemctl('enable', '--now', unit)],
    restart: [systemctl('restart', unit)],
    uninstall: [systemctl('disable', '--now', unit), systemctl('daemon-reload')],
    status: systemctl('status', '--no-pager', unit),
    log: `journalctl --user -u ${unit} -f`,
    notes: ['It runs while you are logged in; "loginctl enable-linger" lets it run from boot on.'],
  };
}

/**
 * `Type=notify`: it counts as started when it listens. The messages are sent by systemd-notify, which is a process of its own, hence
 * NotifyAccess. A configuration that cannot be used does not get better by trying again.
 */
function unitText({ env, self, startArguments }: ServiceInput): string {
  const start = commandLine([...self, 'start', ...startArguments]);
  const variables = carriedVariables(env).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`);
  return `${[
    '[Unit]',
    'Description=gprxy: PostgreSQL with your company login',
    'After=network.target',
    '',
    '[Service]',
    'Type=notify',
    'NotifyAccess=all',
    `ExecStart=${start}`,
    `ExecReload=${commandLine([...self, 'reload'])}`,
    'Restart=on-failure',
    'RestartSec=2s',
    'RestartPreventExitStatus=2 3',
    'TimeoutStopSec=15min',
    ...variables,
    '',
    '[Install]',
    'WantedBy=default.target',
  ].join('\n')}\n`;
}

/** A dollar sign would name a variable there. */
function commandLine(words: readonly string[]): string {
  return words.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ');
}

/** Quoted in the way of systemd.syntax(7), with its specifiers taken literally. */
function quoted(word: string): string {
  const escaped = word.replaceAll('%', '%%');
  return /^[\w./:=@,+%-]+$/.test(escaped)
    ? escaped
    : `"${escaped.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
