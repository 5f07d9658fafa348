import type { BrowserPrompt, LoginPrompt } from '@gprxy/credentials';
import type { ChalkInstance } from 'chalk';
import { coloursFor } from '../../colours.ts';
import type { Dependencies } from '../../dependencies.ts';
import { printable } from '../../printable.ts';
import { say } from '../../say.ts';
import { clockTime, relativeTime } from '../../time-left.ts';
import { deviceInstructions } from './device-instructions.ts';
import { prepareQrCode } from './qr-code.ts';

/** Prepares the showing of where to go and what to do there: the provider's answer is shown in the moment that it comes. */
export async function prepareShowing(dependencies: Dependencies): Promise<(prompt: LoginPrompt) => void> {
  const colours = await coloursFor(dependencies.stderr, dependencies.env);
  const qrCode = await prepareQrCode(dependencies, colours);
  return (prompt) => {
    say(dependencies, ...origin(prompt), ...instructions(prompt, dependencies.now(), colours));
    if (prompt.kind === 'browser') return;
    const drawn = qrCode(prompt.verificationUriComplete ?? prompt.verificationUri);
    if (drawn.length > 0) say(dependencies, ...drawn, '');
  };
}

/** Where to go, what to do there, and until when. */
export function instructions(prompt: LoginPrompt, nowMs: number, colours: ChalkInstance): readonly string[] {
  const expires = timeLeft(prompt.expiresAt, nowMs);
  if (prompt.kind === 'browser') return browserInstructions(prompt, expires, colours);
  return deviceInstructions(prompt, expires, colours);
}

function timeLeft(expiresAt: number, nowMs: number): string {
  return `${relativeTime(expiresAt, nowMs)}, at ${clockTime(expiresAt)}`;
}

/** Why it is this way of signing in, and whose login it is. */
function origin({ kind, why, begunBy, insteadOf }: LoginPrompt): readonly string[] {
  const [way, other] = kind === 'browser' ? ['with the browser', '--device'] : ['with a code', '--browser'];
  if (begunBy !== undefined) return [`Joining the login ${way} that process ${begunBy} has begun.`];
  const gone = insteadOf === undefined ? [] : [`The login of process ${insteadOf} came to nothing; this is a new one.`];
  return why === undefined ? gone : [...gone, `Signing in ${way}, because ${why}. The other way: ${other}.`];
}

function browserInstructions(prompt: BrowserPrompt, expires: string, colours: ChalkInstance): readonly string[] {
  return [
    `Sign in at ${colours.bold(printable(new URL(prompt.issuer).host))} as client ${printable(prompt.clientId)}:`,
    '',
    `  open    ${colours.cyan(printable(prompt.url))}`,
    `  expires ${expires}`,
    '',
    `In a browser of this machine: the page comes back to ${printable(prompt.redirectUri)}.`,
    '',
  ];
}
