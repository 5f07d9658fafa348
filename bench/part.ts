import type { BenchOptions } from './options.ts';
import type { ContenderReport, MeasuredRow } from './report.ts';

/** One part of the benchmark, as `npm run bench -- NAME` runs it. */
export interface Part {
  readonly name: string;
  /** How long a run takes, about, with all contenders on a machine that has nothing else to do. */
  estimateSeconds(options: BenchOptions): number;
  /** Tells its progress by `say`, and leaves nothing running behind. */
  run(options: BenchOptions, say: (line: string) => void): Promise<PartResult>;
}

export interface PartResult {
  readonly part: string;
  /** What everything is compared with; the first of `contenders`. */
  readonly baseline: string;
  readonly contenders: readonly ContenderReport[];
  readonly rows: readonly MeasuredRow[];
}
