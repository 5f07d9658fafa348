import type { SidecarProblem } from '../life/problem.ts';
import { noTelemetry, type Observe } from './connection-observer.ts';
import { loadTracing } from './load-tracing.ts';

/** Spans of connections, as the configuration has it at the moment. */
export class Tracing {
  readonly #load: typeof loadTracing;
  #observe: Observe = noTelemetry.observe;
  #isOn = false;
  #problem: SidecarProblem | undefined;

  constructor(load: typeof loadTracing = loadTracing) {
    this.#load = load;
  }

  get problems(): readonly SidecarProblem[] {
    return this.#problem ? [this.#problem] : [];
  }

  /** Of connections that begin now. */
  readonly observe: Observe = (connection) => this.#observe(connection);

  /** Never rejects: what is wrong is among the problems, and is tried again the next time. */
  async apply(wanted: boolean): Promise<void> {
    if (wanted === this.#isOn && !this.#problem) return;
    this.#observe = noTelemetry.observe;
    this.#problem = undefined;
    this.#isOn = false;
    if (!wanted) return;
    const loaded = await this.#load();
    if (typeof loaded !== 'function') this.#problem = loaded;
    else [this.#observe, this.#isOn] = [loaded, true];
  }
}
