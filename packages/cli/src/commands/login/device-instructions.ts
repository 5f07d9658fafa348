import type { DevicePrompt } from '@gprxy/credentials';
import type { ChalkInstance } from 'chalk';
import { printable } from '../../printable.ts';

/**
 * The host is the one whose discovery document and certificate were checked, so a person can tell a login of their own from one that
 * somebody else began and sent them (RFC 8628 section 5.4).
 */
export function deviceInstructions(prompt: DevicePrompt, expires: string, colours: ChalkInstance): readonly string[] {
  return [
    `Sign in at ${colours.bold(printable(new URL(prompt.issuer).host))} as client ${printable(prompt.clientId)}:`,
    '',
    `  open    ${colours.cyan(printable(prompt.verificationUri))}`,
    `  enter   ${colours.bold(printable(prompt.userCode))}`,
    `  expires ${expires}`,
    '',
    ...(prompt.verificationUriComplete
      ? [`With the code filled in: ${printable(prompt.verificationUriComplete)}`, '']
      : []),
  ];
}
