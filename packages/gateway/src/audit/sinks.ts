import { stat } from 'node:fs/promises';
import { type OpenAuditFile, openAuditFile } from './open-audit-file.ts';

/** Where lines go. */
export interface AuditSink {
  /** Resolves once the line is out of the process. An aborted `signal` keeps back what is not begun. */
  write(line: string, signal?: AbortSignal): Promise<void>;
  /** Opens the file anew, now. Errors: those of opening it. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

export function streamSink(stream: NodeJS.WritableStream): AuditSink {
  // Errors reach the callbacks; without a listener they would end the process, too.
  stream.on('error', () => {});
  return {
    write: (line) =>
      new Promise((resolve, reject) => {
        stream.write(line, (error) => (error ? reject(error) : resolve()));
      }),
    reopen: async () => {},
    close: () => new Promise((resolve) => void stream.write('', () => resolve())),
  };
}

/** Appends, one line after the other, to a file that only its owner reads. Errors: those of openAuditFile(). */
export async function openFileSink(path: string): Promise<AuditSink> {
  const file = new AuditFile(path);
  await file.reopen();
  return file;
}

class AuditFile implements AuditSink {
  readonly #path: string;
  #file: OpenAuditFile | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  write(line: string, signal?: AbortSignal): Promise<void> {
    return this.#next(async () => {
      signal?.throwIfAborted();
      await this.#append(line);
    });
  }

  reopen(): Promise<void> {
    return this.#next(async () => {
      await this.#drop();
      this.#file = await openAuditFile(this.#path);
    });
  }

  close(): Promise<void> {
    return this.#next(() => this.#drop());
  }

  /** One after the other, whatever became of the one before. */
  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #append(line: string): Promise<void> {
    if (await this.#wasMoved()) await this.#drop();
    this.#file ??= await openAuditFile(this.#path);
    const { handle, isTorn } = this.#file;
    try {
      // A line that was cut off gets its end, so that it takes none of the next one with it.
      await handle.appendFile(isTorn ? `\n${line}` : line);
    } catch (error) {
      // Opening it again tells how much of the line is there.
      await this.#drop();
      throw error;
    }
    if (isTorn) this.#file = { handle, isTorn: false };
  }

  /** logrotate moves the file away: the next line opens a new one under the old name, without a signal too. */
  async #wasMoved(): Promise<boolean> {
    if (!this.#file) return false;
    const [there, ours] = await Promise.all([stat(this.#path).catch(() => undefined), this.#file.handle.stat()]);
    return there?.ino !== ours.ino || there.dev !== ours.dev;
  }

  async #drop(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }
}
