import type { DevicePrompt } from '@gprxy/credentials';
import type { ChalkInstance } from 'chalk';
import { coloursFor } from '../../colours.ts';
import type { Dependencies } from '../../dependencies.ts';
import { printable } from '../../printable.ts';
import { say } from '../../say.ts';
import { clockTime, relativeTime } from '../../time-left.ts';
import { prepareQrCode } from './qr-code.ts';

/** Prepares the showing of where to go and what to enter: the provider's answer is shown in the moment that it comes. */
export async function showDevicePrompt(dependencies: Dependencies): Promise<(prompt: DevicePrompt) => void> {
  const colours = await coloursFor(dependencies.stderr, dependencies.env);
  const qrCode = await prepareQrCode(dependencies, colours);
  return (prompt) => {
    say(dependencies, ...instructions(prompt, dependencies.now(), colours));
    say(dependencies, ...qrCode(prompt.verificationUriComplete ?? prompt.verificationUri), '');
  };
}

/**
 * The host is the one whose discovery document and certificate were checked, so a person can tell a login of their own from one that
 * somebody else began and sent them (RFC 8628 section 5.4).
 */
function instructions(prompt: DevicePrompt, nowMs: number, colours: ChalkInstance): readonly string[] {
  const left = `${relativeTime(prompt.expiresAt, nowMs)}, at ${clockTime(prompt.expiresAt)}`;
  return [
    `Sign in at ${colours.bold(printable(new URL(prompt.issuer).host))} as client ${printable(prompt.clientId)}:`,
    '',
    `  open    ${colours.cyan(printable(prompt.verificationUri))}`,
    `  enter   ${colours.bold(printable(prompt.userCode))}`,
    `  expires ${left}`,
    '',
    ...(prompt.verificationUriComplete
      ? [`With the code filled in: ${printable(prompt.verificationUriComplete)}`, '']
      : []),
  ];
}
