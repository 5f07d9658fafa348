import type { SidecarOptions } from '@gprxy/sidecar';
import { alice, mallory, type Stack, startStack, type TestUser } from '@gprxy/testkit';
import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditUntil } from './gateway.testing.ts';
import { startTestSidecar, tokensOf } from './sidecar.testing.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

async function sidecarFor({ login, email }: TestUser, options: Partial<SidecarOptions> = {}) {
  const upstream = `postgresql://localhost:${stack.gateway.port}?sslrootcert=${encodeURIComponent(stack.caFile)}`;
  const token = await stack.provider.signToken({ sub: login });
  return startTestSidecar({ upstream, user: email }, { tokens: tokensOf(token), ...options });
}

const clientOf = (port: number, application_name: string) =>
  new pg.Client({ host: '127.0.0.1', port, user: 'me', database: 'sales', application_name });

describe("a line of the sidecar's log leads to the gateway's audit record", () => {
  it('of a session, by an id that nobody has sent', async () => {
    const { port, log } = await sidecarFor(alice);
    const names = ['one', 'another'];
    for (const name of names) {
      const client = clientOf(port, name);
      await client.connect();
      const { rows } = await client.query('select session_user as who, current_setting($1) as application', [
        'application_name',
      ]);
      expect(rows).toEqual([{ who: 'alice@corp.example', application: name }]);
      await client.end();
    }
    const records = await auditUntil(stack, (all) => all.filter(({ event }) => event === 'end').length === 2);
    for (const name of names) {
      const { connection } =
        log.find(({ message, application }) => message === 'connected' && application === name) ?? {};
      expect(connection).toMatch(/^[0-9a-f]{24}$/);
      const found = records.filter((record) => record.connection === connection);
      expect(found).toMatchObject([
        { event: 'login', application: name },
        { event: 'end', application: name },
      ]);
      expect(log.filter((line) => line.connection === connection).map(({ message }) => message)).toEqual([
        'connected',
        'closed',
      ]);
    }
  });

  it('of a login that the gateway refused', async () => {
    const { port, log } = await sidecarFor(mallory);
    await expect(clientOf(port, 'denied').connect()).rejects.toMatchObject({ code: '28000' });
    const { connection } = log.find(({ message }) => message === 'refused') ?? {};
    expect(connection).toMatch(/^[0-9a-f]{24}$/);
    const records = await auditUntil(stack, (all) => all.some(({ event }) => event === 'denial'));
    expect(records.filter((record) => record.connection === connection)).toMatchObject([{ event: 'denial' }]);
  });

  it('and so does a trace, which has a span for each step of the connection', async () => {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    const { port } = await sidecarFor(alice, { sidecar: { tracing: true } });
    const client = clientOf(port, 'traced');
    await client.connect();
    const before = exporter.getFinishedSpans().map(({ name }) => name);
    expect(before).toEqual(['authenticate client', 'token', 'connect upstream', 'login']);
    await client.end();
    const finished = () => exporter.getFinishedSpans().find(({ name }) => name === 'connection');
    await expect.poll(finished, { timeout: 10_000 }).toBeDefined();
    const id = finished()?.attributes['gprxy.connection'];
    const records = await auditUntil(stack, (all) => all.some(({ connection }) => connection === id));
    expect(records.find(({ connection }) => connection === id)).toMatchObject({ application: 'traced' });
  });
});
