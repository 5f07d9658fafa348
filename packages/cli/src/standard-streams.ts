import { fstatSync, writeSync } from 'node:fs';
import { ExitCode } from './exit-code.ts';
import type { Output, Terminal } from './terminal.ts';

type Streams = Pick<NodeJS.Process, 'exit' | 'platform'> & { readonly stdout: Terminal; readonly stderr: Terminal };

/**
 * Standard output, made when something is written. Into a pipe or a file it is written directly: making `process.stdout` loads Node's
 * network and stream modules, a tenth of what get-token takes. `gprxy get-token | head` closes it early: the reader has what it wanted.
 */
export function standardOutput(process: Streams): Output {
  const direct = process.platform !== 'win32' && isPipeOrFile(1);
  let stream: Terminal | undefined;
  const opened = (): Terminal => {
    if (stream === undefined) {
      stream = process.stdout;
      stream.on('error', (error: NodeJS.ErrnoException) => endAfter(error, process));
    }
    return stream;
  };
  if (!direct) return opened();
  return {
    write(text) {
      const rest = writeDirectly(Buffer.from(text), (error) => endAfter(error, process));
      if (rest.length > 0) opened().write(rest);
    },
  };
}

/** Standard error: nobody may be listening to our prose, and the work goes on. */
export function standardError({ stderr }: Streams): Terminal {
  return stderr.on('error', () => {});
}

function isPipeOrFile(descriptor: number): boolean {
  try {
    // As bigints, which Node keeps apart: what else it has learnt last stays in an array of its own, and a pipe there makes its
    // realpathSync stop halfway (Node 20), so that packages behind symbolic links do not find theirs.
    const stats = fstatSync(descriptor, { bigint: true });
    // Node's own children have a socket there.
    return stats.isFIFO() || stats.isSocket() || stats.isFile();
  } catch {
    return false;
  }
}

/** What could not be written yet, because a reader set the pipe to not block and is slow. */
function writeDirectly(bytes: Buffer, failed: (error: NodeJS.ErrnoException) => void): Buffer {
  let rest = bytes;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return rest;
    failed(error as NodeJS.ErrnoException);
  }
  return rest.subarray(rest.length);
}

function endAfter({ code }: NodeJS.ErrnoException, process: Pick<Streams, 'exit'>): void {
  process.exit(code === 'EPIPE' ? ExitCode.Ok : ExitCode.Unexpected);
}
