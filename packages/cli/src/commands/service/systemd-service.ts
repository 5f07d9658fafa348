import { posix } from 'node:path';
import { carriedVariables, type ServiceDefinition, type ServiceInput } from './service-definition.ts';

const unit = 'gprxy.service';
const socketUnit = 'gprxy.socket';

/** A user unit of systemd (systemd.service(5), systemd.exec(5)). */
export function systemdService(input: ServiceInput): ServiceDefinition {
  const { env, homedir } = input;
  const config =
    env.XDG_CONFIG_HOME && posix.isAbsolute(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : posix.join(homedir, '.config');
  const directory = posix.join(config, 'systemd', 'user');
  const units = input.sockets.length > 0 ? [socketUnit, unit] : [unit];
  const systemctl = (...args: string[]) => ['systemctl', '--user', ...args] as const;
  return {
    kind: 'systemd user unit',
    file: posix.join(directory, unit),
    text: unitText(input),
    encoding: 'utf8',
    probe: systemctl('show-environment'),
    install: [systemctl('daemon-reload'), systemctl('enable', '--now', ...units)],
    restart: [systemctl('restart', unit)],
    uninstall: [systemctl('disable', '--now', unit), systemctl('daemon-reload')],
    socket: {
      file: posix.join(directory, socketUnit),
      ...(input.sockets.length > 0 && { text: socketText(input.sockets) }),
      uninstall: systemctl('disable', '--now', socketUnit),
    },
    status: systemctl('status', '--no-pager', unit),
    log: `journalctl --user -u ${unit} -f`,
    notes: [
      'It runs while you are logged in; "loginctl enable-linger" lets it run from boot on.',
      ...socketNotes(input.sockets),
    ],
  };
}

/**
 * `Type=notify`: it counts as started when it listens. The messages are sent by systemd-notify, which is a process of its own, hence
 * NotifyAccess. One that hangs is ended and started again. A configuration that cannot be used does not get better by trying again.
 */
function unitText({ env, self, startArguments, sockets }: ServiceInput): string {
  const start = commandLine([...self, 'start', ...startArguments]);
  const variables = carriedVariables(env).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`);
  return `${[
    '[Unit]',
    'Description=gprxy: PostgreSQL with your company login',
    'After=network.target',
    ...(sockets.length > 0 ? [`Requires=${socketUnit}`, `After=${socketUnit}`] : []),
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
    'WatchdogSec=3min',
    ...variables,
    '',
    '[Install]',
    'WantedBy=default.target',
  ].join('\n')}\n`;
}

/**
 * systemd.socket(5): it listens, and goes on while the sidecar is restarted: whoever connects meanwhile waits instead of being refused. The
 * modes are those without which the sidecar would not take it.
 */
function socketText(sockets: readonly string[]): string {
  return `${[
    '[Unit]',
    'Description=Where gprxy listens',
    '',
    '[Socket]',
    ...sockets.map((address) => `ListenStream=${address.replaceAll('%', '%%')}`),
    'SocketMode=0600',
    'DirectoryMode=0700',
    'Backlog=4096',
    '',
    '[Install]',
    'WantedBy=sockets.target',
  ].join('\n')}\n`;
}

function socketNotes(sockets: readonly string[]): readonly string[] {
  if (sockets.length === 0) return [];
  return [
    'systemd listens for it: after "gprxy stop" the next client starts it again. After a change of "listen", install it again.',
  ];
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
