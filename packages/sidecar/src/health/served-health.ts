import { isDeepStrictEqual } from 'node:util';
import type { LoopbackServer } from '@gprxy/loopback-http';
import type { TcpAddress } from '../config/sidecar-settings.ts';
import type { SidecarProblem } from '../life/problem.ts';
import { bindHosts, formatAddress } from '../listen/listen-address.ts';
import type { HealthOptions } from './serve-health.ts';

/** The health address as the configuration has it at the moment. */
export class ServedHealth {
  readonly #answers: Pick<HealthOptions, 'status' | 'metrics'>;
  #wanted: TcpAddress | undefined;
  #server: LoopbackServer | undefined;
  #problem: SidecarProblem | undefined;

  constructor(answers: Pick<HealthOptions, 'status' | 'metrics'>) {
    this.#answers = answers;
  }

  get address(): string | undefined {
    const address = this.#server?.address;
    return address && formatAddress({ host: address.address, port: address.port });
  }

  get problems(): readonly SidecarProblem[] {
    return this.#problem ? [this.#problem] : [];
  }

  /** Never rejects: what is wrong is among the problems, and is tried again the next time. */
  async apply(wanted: TcpAddress | undefined): Promise<void> {
    if (isDeepStrictEqual(wanted, this.#wanted) && !this.#problem) return;
    await this.close();
    this.#wanted = wanted;
    this.#problem = undefined;
    if (wanted) await this.#open(wanted);
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async #open(wanted: TcpAddress): Promise<void> {
    const { serveHealth } = await import('./serve-health.ts');
    const [host = wanted.host] = bindHosts(wanted.host);
    try {
      this.#server = await serveHealth({ ...this.#answers, host, port: wanted.port });
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'the port is taken' : String(error);
      const message = `health cannot be served on ${formatAddress(wanted)}: ${why}`;
      this.#problem = { message, hint: 'Choose another port in "health" of [sidecar].' };
    }
  }
}
