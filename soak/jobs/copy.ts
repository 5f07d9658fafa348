import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { must, withClient } from '../session.ts';
import type { Person } from '../world.ts';

/** What node-postgres has on its connection but does not tell TypeScript. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** COPY in and out, of which node-postgres knows the messages only. */
class Copy extends pg.Query {
  readonly received: Buffer[] = [];
  readonly #sent: readonly Buffer[];

  private constructor(text: string, sent: readonly Buffer[], done: (error: Error | null) => void) {
    super({ text }, undefined, done as never);
    this.#sent = sent;
  }

  static run(client: pg.Client, text: string, sent: readonly Buffer[] = []): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const copy: Copy = new Copy(text, sent, (error) =>
        error ? reject(error) : resolve(Buffer.concat(copy.received)),
      );
      client.query(copy);
    });
  }

  handleCopyInResponse(connection: CopyConnection): void {
    for (const chunk of this.#sent) connection.sendCopyFromChunk(chunk);
    connection.endCopyFrom();
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // The parser reads into the same buffer again.
    this.received.push(Buffer.from(chunk));
  }
}

const LINES = 2_000;

/** Half a MiB in, the same half out again. */
export const copy = (person: Person): Promise<void> =>
  withClient(person, async (client) => {
    await client.query('create temp table bulk (n int, line text)');
    const lines = Array.from({ length: LINES }, (_, n) => Buffer.from(`${n}\t${randomBytes(120).toString('hex')}\n`));
    await Copy.run(client, 'copy bulk from stdin', lines);
    const out = await Copy.run(client, 'copy (select * from bulk order by n) to stdout');
    must('what was copied', hashOf(out), hashOf(Buffer.concat(lines)));
  });

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
