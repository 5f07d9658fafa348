import { CancelRegistry, type Listener, listen, runSession, type SessionPolicy } from '@gprxy/proxy-core';
import { createReadiness } from './admin/readiness.ts';
import { type Admin, startAdmin } from './admin/start-admin.ts';
import { type AuditLog, createAuditLog } from './audit/audit-log.ts';
import { auditSessions } from './audit/session-audit.ts';
import { openFileSink, streamSink } from './audit/sinks.ts';
import { backendTarget } from './backend-target.ts';
import type { GatewayConfig } from './config.ts';
import { createGatewayPolicy } from './gateway-policy.ts';
import { issuerFetch } from './jwks/issuer-fetch.ts';
import { createKeyRing, type KeyRing } from './jwks/key-ring.ts';
import type { Log } from './log.ts';
import { createTokenVerifier } from './verify-token.ts';

export interface GatewayDependencies {
  readonly log: Log;
  /** For audit records where the file says `sink = "stdout"`. */
  readonly stdout: NodeJS.WritableStream;
  readonly readFile: (path: string) => string;
  readonly now: () => number;
}

export interface Gateway {
  readonly listeners: readonly Listener[];
  readonly admin: Admin | undefined;
  /** For logrotate. Never rejects: a failure is logged, and readiness knows. */
  reopenAudit(): Promise<void>;
  /** Accepts no more, lets sessions finish for this long (default: `drain_timeout`), then ends them with 57P01. */
  close(timeoutMs?: number): Promise<{ forced: number }>;
}

/** Binds every address of the file and serves. Errors: those of bind(2), and of files that cannot be read or written. */
export async function startGateway(config: GatewayConfig, dependencies: GatewayDependencies): Promise<Gateway> {
  const { log, readFile, now } = dependencies;
  const targets = new Map(
    Array.from(config.databases, ([name, database]) => [name, backendTarget(database, readFile)]),
  );
  const audit = await openAudit(config, dependencies);
  const fetchFor = (issuer: GatewayConfig['issuers'][number]) => issuerFetch(issuer, readFile);
  const keyRing = createKeyRing({ ...config, fetchFor, log, now });
  try {
    const verifyToken = createTokenVerifier({ ...config, keysOf: keyRing.keysOf, now });
    const events = auditSessions({ audit, log, now });
    const policy = createGatewayPolicy(config, { verifyToken, targets, readFile, now, events });
    const listeners = await listenEverywhere(config, policy);
    const gateway = new RunningGateway(config, { listeners, audit, keyRing });
    const watched = config.audit.onFailure === 'deny' ? audit : undefined;
    const readiness = createReadiness({ keyStates: keyRing.states, databases: targets, audit: watched, now });
    await gateway.startAdmin(readiness);
    return gateway;
  } catch (error) {
    keyRing.stop();
    await audit.close();
    throw error;
  }
}

async function openAudit({ audit }: GatewayConfig, { stdout, log }: GatewayDependencies): Promise<AuditLog> {
  const sink = audit.path === undefined ? streamSink(stdout) : await openFileSink(audit.path);
  return createAuditLog({ sink, onFailure: audit.onFailure, log });
}

/** All of the addresses or none. */
async function listenEverywhere<Who>(config: GatewayConfig, policy: SessionPolicy<Who>): Promise<Listener[]> {
  const cancels = new CancelRegistry();
  const { maxConnections } = config;
  const bound: Listener[] = [];
  for (const address of config.listen) {
    const serve: Parameters<typeof listen>[0]['serve'] = (socket, signal, admission) =>
      runSession(socket, policy, cancels, signal, admission);
    try {
      bound.push(await listen({ address, maxConnections, serve }));
    } catch (error) {
      await Promise.all(bound.map((listener) => listener.drain(0)));
      throw error;
    }
  }
  return bound;
}

interface Parts {
  readonly listeners: readonly Listener[];
  readonly audit: AuditLog;
  readonly keyRing: KeyRing;
}

class RunningGateway implements Gateway {
  readonly listeners: readonly Listener[];
  admin: Admin | undefined;
  readonly #config: GatewayConfig;
  readonly #parts: Parts;
  #hadKeys = false;
  #isDraining = false;

  constructor(config: GatewayConfig, parts: Parts) {
    this.listeners = parts.listeners;
    this.#config = config;
    this.#parts = parts;
    parts.keyRing.started.then(() => this.#noteKeys());
  }

  async startAdmin(readiness: ReturnType<typeof createReadiness>): Promise<void> {
    const address = this.#config.admin;
    if (!address) return;
    const startup = () => this.#noteKeys();
    try {
      this.admin = await startAdmin({ address, readiness, startup, isDraining: () => this.#isDraining });
    } catch (error) {
      await Promise.all(this.listeners.map((listener) => listener.drain(0)));
      throw error;
    }
  }

  reopenAudit(): Promise<void> {
    return this.#parts.audit.reopen();
  }

  async close(timeoutMs = this.#config.drainTimeoutMs): Promise<{ forced: number }> {
    this.#isDraining = true;
    const drained = await Promise.all(this.listeners.map((listener) => listener.drain(timeoutMs)));
    this.#parts.keyRing.stop();
    await this.#parts.audit.close();
    await this.admin?.close();
    this.admin = undefined;
    return { forced: drained.reduce((sum, { forced }) => sum + forced, 0) };
  }

  /** Once there were keys, the start is over, whatever becomes of them. */
  #noteKeys(): boolean {
    this.#hadKeys ||= this.#parts.keyRing.states().some(({ keys }) => keys > 0);
    return this.#hadKeys;
  }
}
