import type { SidecarProblem } from '@gprxy/sidecar';
import { printable } from './printable.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';

/** What is not served as configured: errors of the file name their line, the others get the name of the profile. */
export function sayProblem({ profile, message, hint }: SidecarProblem, to: { readonly stderr: Terminal }): void {
  const where = profile === undefined ? '' : `profile "${profile}": `;
  say(to, `gprxy: ${where}${printable(message)}`, ...(hint === undefined ? [] : [`  ${printable(hint)}`]));
}
