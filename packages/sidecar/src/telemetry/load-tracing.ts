import { createRequire } from 'node:module';
import type { SidecarProblem } from '../life/problem.ts';
import type { Observe } from './connection-observer.ts';
import type { OpenTelemetry } from './spans.ts';

const PACKAGE = '@opentelemetry/api';

/**
 * Spans, where `tracing = true` asks for them. The package is not gprxy's own: by `require` it is looked for from where gprxy is
 * installed, and no bundler follows it. Where they go is for the SDK to say that whoever wants them loads beside it.
 */
export async function loadTracing(
  require: (name: string) => unknown = createRequire(import.meta.url),
): Promise<Observe | SidecarProblem> {
  try {
    const api = require(PACKAGE) as OpenTelemetry;
    return (await import('./spans.ts')).observeWithSpans(api);
  } catch (error) {
    const missing = error instanceof Error && error.message.startsWith(`Cannot find module '${PACKAGE}'`);
    return {
      message: `tracing = true needs the package ${PACKAGE}, which ${missing ? 'is not installed' : 'could not be loaded'}`,
      hint: `Run "npm install -g ${PACKAGE}", where "gprxy" itself was installed by "npm install -g gprxy".`,
    };
  }
}
