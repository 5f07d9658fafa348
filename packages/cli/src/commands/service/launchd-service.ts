import { posix } from 'node:path';
import { carriedVariables, type ServiceDefinition, type ServiceInput } from './service-definition.ts';

const label = 'dev.gprxy.sidecar';

/** A launch agent of macOS (launchd.plist(5), launchctl(1)). */
export function launchdService(input: ServiceInput): ServiceDefinition {
  const file = posix.join(input.homedir, 'Library', 'LaunchAgents', `${label}.plist`);
  const domain = `gui/${input.uid}`;
  const target = `${domain}/${label}`;
  return {
    kind: 'launchd agent',
    file,
    text: propertyList(input),
    encoding: 'utf8',
    probe: ['launchctl', 'print', domain],
    install: [['launchctl', 'bootstrap', domain, file]],
    restart: [['launchctl', 'kickstart', '-k', target]],
    uninstall: [['launchctl', 'bootout', target]],
    status: ['launchctl', 'print', target],
    log: 'gprxy logs -f',
    notes: [],
  };
}

function propertyList({ env, self, startArguments, logFile }: ServiceInput): string {
  const words = [...self, 'start', ...startArguments, '--log-file', logFile];
  const variables = carriedVariables(env).flatMap(([name, value]) => [key(name), string(value)]);
  const entries = [
    key('Label'),
    string(label),
    key('ProgramArguments'),
    ...nested('array', words.map(string)),
    key('EnvironmentVariables'),
    ...nested('dict', variables),
    key('RunAtLoad'),
    '<true/>',
    // Not after "gprxy stop", which ends it with 0.
    key('KeepAlive'),
    ...nested('dict', [key('SuccessfulExit'), '<false/>']),
    key('ExitTimeOut'),
    '<integer>900</integer>',
    key('StandardErrorPath'),
    string(logFile),
  ];
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    ...nested('dict', entries),
    '</plist>',
  ].join('\n')}\n`;
}

function nested(tag: string, lines: readonly string[]): readonly string[] {
  return [`<${tag}>`, ...lines.map((line) => `  ${line}`), `</${tag}>`];
}

function key(name: string): string {
  return `<key>${escaped(name)}</key>`;
}

function string(text: string): string {
  return `<string>${escaped(text)}</string>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
