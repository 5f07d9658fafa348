import { GprxyError } from '@gprxy/proxy-core';
import type { Span } from '@opentelemetry/api';
import type { Observe, Step } from './connection-observer.ts';

/** What is used of @opentelemetry/api: its own types are there for those who have installed it. */
export type OpenTelemetry = Pick<
  typeof import('@opentelemetry/api'),
  'trace' | 'context' | 'SpanKind' | 'SpanStatusCode'
>;

const NAMES: Readonly<Record<Step, string>> = {
  authenticate: 'authenticate client',
  token: 'token',
  connect: 'connect upstream',
  login: 'login',
  session: 'session',
};

/**
 * A span for each client's connection, from its StartupMessage to its end, and below it one for each step, handed over as soon as that
 * is done. Attributes are the profile, our own ids and codes: no name of a person, no statement, no word of a server.
 */
export function observeWithSpans(api: OpenTelemetry): Observe {
  const tracer = api.trace.getTracer('gprxy');
  return ({ profile, sessionId }) => {
    const attributes = { 'gprxy.profile': profile, 'gprxy.session': sessionId };
    const root = tracer.startSpan('connection', { kind: api.SpanKind.SERVER, root: true, attributes });
    const inside = api.trace.setSpan(api.context.active(), root);
    return {
      step(step, from, until, error) {
        const kind = step === 'connect' || step === 'login' ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL;
        const span = tracer.startSpan(NAMES[step], { kind, startTime: from, attributes }, inside);
        if (error !== undefined) fail(span, error, api);
        span.end(until);
      },
      ready: (setupMs) => void root.setAttribute('gprxy.setup_ms', Math.round(setupMs)),
      end({ at, error, bytesFromClient, bytesFromUpstream, connectionId }) {
        root.setAttributes({
          'gprxy.bytes_from_client': bytesFromClient,
          'gprxy.bytes_from_upstream': bytesFromUpstream,
          ...(connectionId !== undefined && { 'gprxy.connection': connectionId }),
        });
        if (error !== undefined) fail(root, error, api);
        root.end(at);
      },
    };
  };
}

/** By code: messages may quote what servers say. */
function fail(span: Span, error: unknown, { SpanStatusCode }: OpenTelemetry): void {
  const code = error instanceof GprxyError ? error.code : 'ERR_INTERNAL';
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}
