import { UpstreamError } from '@gprxy/proxy-core';
import * as api from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, expect, it, onTestFinished } from 'vitest';
import { observeWithSpans } from './spans.ts';
import { Tracing } from './tracing.ts';

const exporter = new InMemorySpanExporter();
api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
afterEach(() => exporter.reset());
afterAll(() => api.trace.disable());

const connection = { profile: 'prod', sessionId: 's-1' };
const bytes = { bytesFromClient: 1, bytesFromUpstream: 2 };
const names = () => exporter.getFinishedSpans().map(({ name }) => name);

it('a connection is a span, and each step one below it, handed over when the step is over', () => {
  const now = Date.now();
  const observer = observeWithSpans(api)(connection);
  observer.step('token', now, now + 5);
  observer.step('login', now + 5, now + 30);
  expect(names()).toEqual(['token', 'login']);
  observer.ready(30);
  observer.step('session', now + 30, now + 60);
  observer.end({ at: now + 60, ...bytes, connectionId: '3f6c' });
  const spans = exporter.getFinishedSpans();
  const root = spans.find(({ name }) => name === 'connection');
  expect(names()).toEqual(['token', 'login', 'session', 'connection']);
  for (const span of spans) {
    expect(span.spanContext().traceId).toBe(root?.spanContext().traceId);
    if (span !== root) expect(span.parentSpanContext?.spanId).toBe(root?.spanContext().spanId);
  }
  const [token] = spans;
  expect(token?.duration).toEqual([0, 5_000_000]);
  expect(root?.attributes).toEqual({
    'gprxy.profile': 'prod',
    'gprxy.session': 's-1',
    'gprxy.setup_ms': 30,
    'gprxy.bytes_from_client': 1,
    'gprxy.bytes_from_upstream': 2,
    'gprxy.connection': '3f6c',
  });
});

it('is the root of a trace of its own, whatever else is being traced at that moment', () => {
  const foreign = api.trace.setSpanContext(api.ROOT_CONTEXT, {
    ...{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
  });
  const inForeign = {
    active: () => foreign,
    with: (_: unknown, work: () => unknown) => work(),
    bind: (_: unknown, target: unknown) => target,
    enable: () => inForeign,
    disable: () => inForeign,
  } as unknown as api.ContextManager;
  api.context.setGlobalContextManager(inForeign);
  onTestFinished(() => api.context.disable());
  observeWithSpans(api)(connection).end({ at: Date.now(), ...bytes });
  const [root] = exporter.getFinishedSpans();
  expect(root?.parentSpanContext).toBeUndefined();
  expect(root?.spanContext().traceId).not.toBe('0af7651916cd43dd8448eb211c80319c');
});

it('S18 a failure is told by its code, and not in the words of a server', () => {
  const observer = observeWithSpans(api)(connection);
  const error = new UpstreamError('canary', { code: 'ERR_UPSTREAM_TIMEOUT' });
  observer.step('login', Date.now(), Date.now(), error);
  observer.end({ at: Date.now(), ...bytes, error });
  for (const { status, attributes } of exporter.getFinishedSpans()) {
    expect(status).toEqual({ code: api.SpanStatusCode.ERROR, message: 'ERR_UPSTREAM_TIMEOUT' });
    expect(attributes['error.type']).toBe('ERR_UPSTREAM_TIMEOUT');
  }
  expect(
    JSON.stringify(exporter.getFinishedSpans().map(({ attributes, events }) => [attributes, events])),
  ).not.toContain('canary');
});

it('there are none unless the configuration asks for them', async () => {
  const tracing = new Tracing();
  const end = { at: Date.now(), ...bytes };
  tracing.observe(connection).end(end);
  expect(names()).toEqual([]);
  await tracing.apply(true);
  tracing.observe(connection).end(end);
  expect(names()).toEqual(['connection']);
  await tracing.apply(false);
  tracing.observe(connection).end(end);
  expect(names()).toEqual(['connection']);
});

it('are not even looked for, at a cost, where nobody asks for them', async () => {
  const tracing = new Tracing(() => Promise.reject(new Error('loaded')));
  await tracing.apply(false);
  tracing.observe(connection).end({ at: Date.now(), ...bytes });
  expect(tracing.problems).toEqual([]);
});

it('that the package is not installed is a problem, until it is', async () => {
  let isInstalled = false;
  const { loadTracing } = await import('./load-tracing.ts');
  const require = (name: string) => {
    if (!isInstalled) throw new Error(`Cannot find module '${name}'\nRequire stack: ...`);
    return api;
  };
  const tracing = new Tracing(() => loadTracing(require));
  await tracing.apply(true);
  expect(tracing.problems).toEqual([
    {
      message: 'tracing = true needs the package @opentelemetry/api, which is not installed',
      hint: expect.stringContaining('npm install -g @opentelemetry/api'),
    },
  ]);
  isInstalled = true;
  await tracing.apply(true);
  expect(tracing.problems).toEqual([]);
});
