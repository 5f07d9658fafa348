import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { type Program, type ProgramOptions, spawnProgram } from '../program.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';

/** A server of another make that stands between a sidecar and its upstream, on a port of 127.0.0.1. */
export interface TestHop extends AsyncDisposable {
  readonly port: number;
  /** Where its files are. */
  readonly directory: string;
  /** What it has written. */
  output(): string;
  /** Ends it and everything that runs through it. */
  stop(): Promise<void>;
}

/** Starts what `prepare` names, with a free port and a directory for its files, and waits until it listens. */
export async function startHop(
  prepare: (port: number, directory: string) => ProgramOptions | Promise<ProgramOptions>,
): Promise<TestHop> {
  const directory = await temporaryDirectory();
  const port = await freePort();
  const program = spawnProgram(await prepare(port, directory.path));
  await untilListening(port, program);
  const stop = () => stopHop(program, directory);
  return { port, directory: directory.path, output: () => program.output(), stop, [Symbol.asyncDispose]: stop };
}

async function stopHop(program: Program, directory: TemporaryDirectory): Promise<void> {
  await program.stop('SIGKILL');
  await directory.remove();
}

/** Not all of them say when they are ready. */
async function untilListening(port: number, program: Program): Promise<void> {
  let over = false;
  void program.ended.then(() => {
    over = true;
  });
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const listens = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (listens) return;
    if (over) throw new Error(`it ended instead of listening:\n${program.output()}`);
    await pause(10);
  }
}
