import { CUT_IN_ROWS, type JobName } from './jobs/jobs.ts';
import { Told } from './session.ts';

/** Whether something was done to the servers while a client was at work, and what. */
export type DisturbedBy = () => string | undefined;

/** What came of all clients. */
export class Tally {
  readonly done: Record<string, number> = {};
  /** By what was done and what the client was told. */
  readonly told: Record<string, number> = {};
  /** What must not happen. */
  readonly faults: string[] = [];

  get clients(): number {
    return sum(this.done) + sum(this.told) + this.faults.length;
  }

  /** Whether it went well. */
  async count(name: JobName, work: Promise<void>, disturbedBy: DisturbedBy): Promise<boolean> {
    try {
      await work;
      this.done[name] = (this.done[name] ?? 0) + 1;
      return true;
    } catch (error) {
      this.#failed(name, error, disturbedBy());
      return false;
    }
  }

  fault(what: string): void {
    this.faults.push(what);
  }

  #failed(name: JobName, error: unknown, disturbance: string | undefined): void {
    const isTold = error instanceof Told && (error.sqlState !== undefined || CUT_IN_ROWS.has(name));
    if (!isTold || disturbance === undefined) return void this.fault(`${name}: ${describe(error)}`);
    const key = `${disturbance}: ${error.sqlState ?? 'in the middle of rows'}`;
    this.told[key] = (this.told[key] ?? 0) + 1;
  }
}

function describe(error: unknown): string {
  if (error instanceof Told) return `${error.sqlState ?? 'no SQLSTATE'} ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, n) => total + n, 0);
