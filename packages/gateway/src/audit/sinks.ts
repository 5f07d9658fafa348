import { type FileHandle, open, stat } from 'node:fs/promises';

/** Where lines go. `write` resolves once the line is out of the process, and rejects when it could not be written. */
export interface AuditSink {
  write(line: string): Promise<void>;
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
    close: () => new Promise((resolve) => void stream.write('', () => resolve())),
  };
}

/** Appends, one line after the other, to a file that only its owner reads. Errors: those of open(2). */
export async function openFileSink(path: string): Promise<AuditSink> {
  const file = new AuditFile(path);
  await file.open();
  return file;
}

class AuditFile implements AuditSink {
  readonly #path: string;
  #handle: FileHandle | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isTorn = false;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<FileHandle> {
    this.#handle ??= await open(this.#path, 'a', 0o600);
    return this.#handle;
  }

  write(line: string): Promise<void> {
    const written = this.#last.then(() => this.#append(line));
    this.#last = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #append(line: string): Promise<void> {
    await this.#followRotation();
    const handle = await this.open();
    try {
      // A line that a full disk cut off gets its end, so that it takes none of the next one with it.
      await handle.appendFile(this.#isTorn ? `\n${line}` : line);
      this.#isTorn = false;
    } catch (error) {
      this.#isTorn = true;
      throw error;
    }
  }

  /** logrotate moves the file away: the next line opens a new one under the old name. */
  async #followRotation(): Promise<void> {
    const handle = this.#handle;
    if (!handle) return;
    const [there, ours] = await Promise.all([stat(this.#path).catch(() => undefined), handle.stat()]);
    if (there?.ino === ours.ino && there.dev === ours.dev) return;
    this.#handle = undefined;
    await handle.close();
  }
}
