import type { LogoutResult } from '@gprxy/credentials';
import type { Dependencies } from '../../dependencies.ts';
import { printable } from '../../printable.ts';
import { say } from '../../say.ts';

/** That a login is gone from here only, and what is left to do. */
export function sayWarning({ warning, hint }: LogoutResult, dependencies: Dependencies): void {
  if (warning === undefined) return;
  say(dependencies, `gprxy: warning: ${printable(warning)}`);
  if (hint !== undefined) say(dependencies, `  ${printable(hint)}`);
}
