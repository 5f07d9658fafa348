import { win32 } from 'node:path';
import type { ServiceDefinition, ServiceInput } from './service-definition.ts';

const task = 'gprxy';

/** A task of the Windows Task Scheduler, started at logon (schema of tasks 1.2; schtasks). It sees the variables of the user as they are. */
export function windowsService(input: ServiceInput): ServiceDefinition {
  const file = win32.join(win32.dirname(input.logFile), 'gprxy-task.xml');
  return {
    kind: 'scheduled task',
    file,
    text: taskText(input),
    // What schtasks expects of a file, with its mark.
    encoding: 'utf16le',
    probe: ['schtasks', '/Query', '/TN', '\\'],
    install: [
      ['schtasks', '/Create', '/F', '/TN', task, '/XML', file],
      ['schtasks', '/Run', '/TN', task],
    ],
    restart: [
      ['schtasks', '/End', '/TN', task],
      ['schtasks', '/Run', '/TN', task],
    ],
    uninstall: [
      ['schtasks', '/End', '/TN', task],
      ['schtasks', '/Delete', '/F', '/TN', task],
    ],
    status: ['schtasks', '/Query', '/V', '/FO', 'LIST', '/TN', task],
    log: 'gprxy logs -f',
    notes: [],
  };
}

function taskText({ env, self, startArguments, logFile }: ServiceInput): string {
  const [program = '', ...words] = [...self, 'start', ...startArguments, '--log-file', logFile];
  const user = [env.USERDOMAIN, env.USERNAME].filter(Boolean).join('\\');
  const who = user === '' ? [] : [`      <UserId>${escaped(user)}</UserId>`];
  return `\ufeff${[
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    '  <RegistrationInfo>',
    '    <Description>gprxy: PostgreSQL with your company login</Description>',
    '  </RegistrationInfo>',
    '  <Triggers>',
    '    <LogonTrigger>',
    ...who,
    '    </LogonTrigger>',
    '  </Triggers>',
    '  <Settings>',
    '    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
    '    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
    '    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
    '    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>',
    '    <RestartOnFailure>',
    '      <Interval>PT1M</Interval>',
    '      <Count>3</Count>',
    '    </RestartOnFailure>',
    '    <Hidden>true</Hidden>',
    '  </Settings>',
    '  <Actions>',
    '    <Exec>',
    `      <Command>${escaped(program)}</Command>`,
    `      <Arguments>${escaped(words.map(quoted).join(' '))}</Arguments>`,
    '    </Exec>',
    '  </Actions>',
    '</Task>',
  ].join('\r\n')}\r\n`;
}

/** As CommandLineToArgvW takes it apart: backslashes count only before a quotation mark. */
function quoted(word: string): string {
  if (/^[\w.:\\/=-]+$/.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
