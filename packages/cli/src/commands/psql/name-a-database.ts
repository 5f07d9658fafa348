import type { Dependencies } from '../../dependencies.ts';
import { say } from '../../say.ts';

/** What psql ends with when the connection could not be made, or broke. */
const noConnection = 2;

/**
 * psql has asked for a database that nobody named. Where that is not there, or not for this person, the server's words do not say that
 * another one would do.
 */
export function sayNameADatabase(exitCode: number, args: readonly string[], dependencies: Dependencies): void {
  if (exitCode !== noConnection || namesDatabase(args)) return;
  say(
    dependencies,
    'gprxy: no database was named, so psql asked for "postgres".',
    '  Run "gprxy psql DATABASE", or name one at the end of the profile\'s "upstream"; \\l in one lists the others.',
  );
}

/** Whether psql's own arguments may do so: as an option, or as a word that is not clearly the value of one. */
function namesDatabase(args: readonly string[]): boolean {
  return args.some((word, index) =>
    word.startsWith('-') ? /^(-d|--dbname)/.test(word) : !args[index - 1]?.startsWith('-'),
  );
}
